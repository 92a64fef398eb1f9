import { uptime } from 'node:os';
import { background } from './background.ts';
import type { Clock } from './clock.ts';
import { lengthOfTime } from './words.ts';

/** A time in which this process did not run; milliseconds since 1970 UTC. */
export interface Standstill {
  readonly startMs: number;
  readonly durationMs: number;
  /** In plain words. */
  readonly detail: string;
}

export interface PulseOptions {
  readonly clock: Clock;
  /** Milliseconds since the machine started, those in which it was suspended included. */
  readonly sinceBootMs?: () => number;
  readonly onStandstill: (stood: Standstill) => void;
  /** Called at each beat with how late it came. */
  readonly onBeat?: (lateMs: number) => void;
}

export const beatMs = 500;
/** A beat that is later than this was no delay of a busy machine. */
const standstillMs = 5_000;
/** Kernels count the time since the start in whole seconds. */
const bootResolutionMs = 2_000;

/**
 * Watches whether this process runs, until disposed of: a process that is stopped, or a machine that is
 * suspended, finds out only by its clocks.
 */
export function startPulse(options: PulseOptions): AsyncDisposable {
  const { clock, sinceBootMs = () => uptime() * 1_000, onStandstill, onBeat } = options;
  return background(async (signal) => {
    let beatAt = clock.now();
    let bootAt = sinceBootMs();
    for (;;) {
      await clock.sleep(beatMs, signal);
      if (signal.aborted) return;
      const [nowMs, bootMs] = [clock.now(), sinceBootMs()];
      const elapsedMs = nowMs - beatAt;
      // The clock that measures durations stands still while a machine is suspended.
      const suspendedMs = bootMs - bootAt - elapsedMs;
      const wasSuspended = suspendedMs > bootResolutionMs + standstillMs;
      const lateMs = Math.max(0, elapsedMs - beatMs);
      const stoodMs = Math.round(lateMs + (wasSuspended ? suspendedMs : 0));
      [beatAt, bootAt] = [nowMs, bootMs];
      onBeat?.(lateMs);
      if (stoodMs < standstillMs) continue;
      const what = wasSuspended ? 'this machine was suspended' : 'the daemon did not run';
      onStandstill({
        startMs: Math.round(clock.wallNow()) - stoodMs,
        durationMs: stoodMs,
        detail: `${what} for ${lengthOfTime(stoodMs)}`,
      });
    }
  });
}
