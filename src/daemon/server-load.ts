import { performance } from 'node:perf_hooks';
import type { Fleet } from '../camera/fleet.ts';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { startPulse } from '../lib/pulse.ts';
import type { Load } from '../monitor/load.ts';
import type { StateNotes } from './state-notes.ts';

const clock = systemClock;

/** Measures the load, and notes for the cameras that were recorded when this process did not run. */
export function watchLoad(
  load: Load,
  fleet: Pick<Fleet, 'statuses'>,
  notes: Pick<StateNotes, 'loss'>,
  log: Log,
): AsyncDisposable {
  let before = performance.eventLoopUtilization();
  return startPulse({
    clock,
    onBeat: (lateMs) => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      load.take({ lateMs, busyShare: utilization });
    },
    onStandstill: (stood) => {
      log.warn('this server stood still', {
        from: new Date(stood.startMs).toISOString(),
        durationMs: stood.durationMs,
        cause: stood.detail,
      });
      load.stoodStill(stood);
      for (const camera of fleet.statuses()) {
        if (camera.relay === undefined) continue;
        notes.loss(camera, stood, { cause: 'server stood still', detail: stood.detail });
      }
    },
  });
}
