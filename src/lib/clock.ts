import { setTimeout as delay } from 'node:timers/promises';

/** A clock as a dependency: tests pass one that they can set. */
export interface Clock {
  /** Monotonic milliseconds, for durations. */
  now(): number;
  /** Milliseconds since 1970 UTC, for timestamps. */
  wallNow(): number;
  /** Resolves after `ms`, or early when `signal` aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

let readWall = (): number => Date.now();

/**
 * What time it is, in milliseconds since 1970 UTC: as this machine's clock says, unless it is known to be
 * wrong and another one was put in its place.
 */
export const wallNow = (): number => readWall();

/** Takes another clock for the machine's, until disposed of. */
export function useWall(read: () => number): Disposable {
  const before = readWall;
  readWall = read;
  return {
    [Symbol.dispose]: () => {
      readWall = before;
    },
  };
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow,
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
};
