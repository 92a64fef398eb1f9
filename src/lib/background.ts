import type { Clock } from './clock.ts';
import { describeError } from './errors.ts';
import { FloodGate } from './flood-gate.ts';
import type { Log } from './log.ts';
import { Scope } from './scope.ts';

/** Starts `task`, which must never reject. Disposing aborts its signal and waits for its end. */
export function background(task: (signal: AbortSignal) => Promise<void>): AsyncDisposable {
  const life = new Scope();
  const done = task(life.signal);
  return {
    async [Symbol.asyncDispose]() {
      life[Symbol.dispose]();
      await done;
    },
  };
}

/**
 * Lets a promise run that nobody waits for. Logs its error, which would end the daemon if nobody took it.
 */
export function unwaited(promise: PromiseLike<unknown>, log: Log, trouble: string): void {
  promise.then(undefined, (error: unknown) => {
    log.error(trouble, { cause: describeError(error) });
  });
}

/** Runs `task` periodically until disposed of. Logs its errors at most once a minute. */
export function repeated(
  everyMs: number,
  task: () => Promise<void> | void,
  { clock, log, trouble }: { readonly clock: Clock; readonly log: Log; readonly trouble: string },
): AsyncDisposable {
  return background(async (signal) => {
    using gate = new FloodGate(log);
    for (;;) {
      await clock.sleep(everyMs, signal);
      if (signal.aborted) return;
      try {
        await task();
      } catch (error) {
        gate.warn(trouble, trouble, { cause: describeError(error) });
      }
    }
  });
}
