import { Scope } from './scope.ts';

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A task took too long. The message names the task and the timeout. */
export class TimeoutError extends Error {
  override name = 'TimeoutError';
}

/**
 * Runs `task` with a signal that aborts with `parent` or after `ms`. On timeout rejects with
 * {@link TimeoutError}, even if the task never settles.
 *
 * @param what completes the sentence "… took longer than N s"
 */
export async function within<T>(
  ms: number,
  what: string,
  parent: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using scope = new Scope(parent);
  const timer = setTimeout(
    () => scope.end(new TimeoutError(`${what} took longer than ${ms / 1000} s`)),
    ms,
  );
  try {
    return await Promise.race([task(scope.signal), rejectOnAbort(scope.signal)]);
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects with the signal's reason when it aborts; never resolves. */
export function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return aborted(signal).then(() => {
    throw signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
  });
}
