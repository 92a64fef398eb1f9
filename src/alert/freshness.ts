/**
 * How old a camera's newest footage is, on the monotonic clock: footage carries the wall clock's time,
 * and who sets that clock must neither raise an alarm nor hide one.
 */
export interface Freshness {
  /** The newest end of footage that was seen, on the wall clock. */
  readonly newestMs: number;
  /** The same moment on the monotonic clock. */
  readonly newestAt: number;
  /** Whether footage came since this watch began, that is, since the daemon started. */
  readonly heard: boolean;
}

export interface Now {
  /** Milliseconds since 1970 UTC. */
  readonly wallMs: number;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** A wall clock that differs by more from what the monotonic one says was set. */
const stepMs = 1_000;

/** How far the wall clock was set back between two moments; 0 if it was not. */
export function setBackMs(before: Now, now: Now): number {
  const difference = now.at - before.at - (now.wallMs - before.wallMs);
  return difference > stepMs ? difference : 0;
}

/**
 * @param before what was known at the last step; undefined at the first
 * @param newestMs end of the newest footage, on the wall clock
 * @param wasSetBack whether the wall clock was set back since the last step
 */
export function freshen(
  before: Freshness | undefined,
  newestMs: number,
  now: Now,
  wasSetBack: boolean,
): Freshness {
  const byWallClock = now.at - Math.max(0, now.wallMs - newestMs);
  if (before === undefined) return { newestMs, newestAt: byWallClock, heard: false };
  // Footage that was dated by the clock as it was before would hide what comes now.
  if (wasSetBack && newestMs > now.wallMs + stepMs) return { ...before, newestMs: now.wallMs };
  if (wasSetBack || newestMs <= before.newestMs) {
    return wasSetBack ? { ...before, newestMs } : before;
  }
  // As much newer as it says itself, even if its dates lag behind a clock that was set forward.
  const byItself = before.newestAt + (newestMs - before.newestMs);
  return { newestMs, newestAt: Math.min(now.at, Math.max(byItself, byWallClock)), heard: true };
}
