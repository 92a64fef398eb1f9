import { performance } from 'node:perf_hooks';
import type { Fleet } from '../camera/fleet.ts';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { startPulse } from '../lib/pulse.ts';
import type { Load } from '../monitor/load.ts';
import { type HeavyRecordings, Shedding } from '../monitor/shedding.ts';
import type { StateNotes } from './state-notes.ts';

const clock = systemClock;

/** What browsers are told while their pictures are done without. */
const pausedWords =
  'The server is busy recording, and shows no pictures for now. Try again in a minute.';

export interface WatchedLoad extends AsyncDisposable {
  /** Why browsers get no pictures for now; undefined: they get them. */
  picturesPausedWhy(): string | undefined;
  /** That the server can't keep up, and what is done without, in words. */
  readonly trouble: string | undefined;
}

/**
 * Measures the load until disposed of, sheds what can be done without, and notes for the cameras that were
 * recorded when this process did not run.
 */
export function watchLoad(
  load: Load,
  fleet: Pick<Fleet, 'statuses'> & HeavyRecordings,
  notes: Pick<StateNotes, 'loss'>,
  log: Log,
): WatchedLoad {
  const shedding = new Shedding(clock, fleet);
  const trouble = (): string | undefined => {
    const parts = [load.trouble, shedding.words].filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : parts.join('; ');
  };
  let shed: string | undefined;
  let before = performance.eventLoopUtilization();
  const pulse = startPulse({
    clock,
    onBeat: (lateMs) => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      load.take({ lateMs, busyShare: utilization });
      shedding.look(load.isOverloaded);
      const { words } = shedding;
      if (words === shed) return;
      shed = words;
      if (words === undefined) log.info('the server keeps up again with all that it records');
      else log.warn('the server can not keep up', { cause: load.trouble, shed: words });
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
  return {
    picturesPausedWhy: () => (shedding.arePicturesShed ? pausedWords : undefined),
    get trouble() {
      return trouble();
    },
    [Symbol.asyncDispose]: () => pulse[Symbol.asyncDispose](),
  };
}
