import type { Clock } from './clock.ts';
import { describeError } from './errors.ts';
import type { Log } from './log.ts';
import { Scope } from './scope.ts';

export interface Restart {
  readonly minMs: number;
  readonly maxMs: number;
  /** A run that lasted this long was healthy, too; unless given, only one that says so was. */
  readonly healthyAfterMs?: number;
}

export interface Supervision {
  readonly signal: AbortSignal;
  readonly restart: Restart;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after each failure, before the wait for the next run. */
  readonly onFailure?: (error: unknown) => void;
}

/**
 * Restarts `task` each time it ends, until `signal` aborts. Backs off exponentially, with jitter so that
 * tasks that failed together don't restart together. After a run that was healthy, the back-off starts
 * again from `minMs`. Resolves when `signal` has aborted and the last run has ended; never rejects.
 *
 * @param task calls `wasHealthy` once it has done what it is there for
 */
export async function supervise(
  name: string,
  task: (signal: AbortSignal, wasHealthy: () => void) => Promise<void>,
  { signal, restart, clock, log, onFailure }: Supervision,
): Promise<void> {
  let failures = 0;
  const wasHealthy = (): void => {
    failures = 0;
  };
  while (!signal.aborted) {
    const startedAt = clock.now();
    using run = new Scope(signal);
    const error: unknown = await task(run.signal, wasHealthy).then(
      () => new Error('it ended without an error'),
      (reason: unknown) => reason,
    );
    if (signal.aborted) return;
    onFailure?.(error);
    if (clock.now() - startedAt >= (restart.healthyAfterMs ?? Infinity)) failures = 0;
    const ceiling = Math.min(restart.minMs * 2 ** Math.min(failures, 30), restart.maxMs);
    const waitMs = Math.round(ceiling * (0.5 + Math.random() / 2));
    failures += 1;
    log.warn(`${name} stopped, starting it again`, {
      cause: describeError(error),
      waitMs,
      failures,
    });
    run.end();
    await clock.sleep(waitMs, signal);
  }
}
