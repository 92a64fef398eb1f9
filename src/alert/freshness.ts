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

/** Footage may be dated so far ahead, by how its length is reckoned. */
const aheadMs = 2_000;

/**
 * The newest of several ends of footage; those that are dated ahead of the clock, since it was set
 * back, count only if there are no others.
 */
export function newestOf(ends: readonly (number | undefined)[], now: Now): number | undefined {
  const known = ends.filter((end) => end !== undefined);
  const past = known.filter((end) => end <= now.wallMs + aheadMs);
  if (known.length === 0) return undefined;
  return past.length > 0 ? Math.max(...past) : Math.min(...known);
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
  if (before === undefined) {
    return { newestMs: Math.min(newestMs, now.wallMs), newestAt: byWallClock, heard: false };
  }
  // Footage that was dated by the clock as it was before would hide what comes now.
  const baseMs = wasSetBack ? Math.min(before.newestMs, now.wallMs) : before.newestMs;
  if (newestMs <= baseMs || newestMs > now.wallMs + aheadMs) return { ...before, newestMs: baseMs };
  // As much newer as it says itself, even if its dates lag behind a clock that was set forward.
  const byItself = before.newestAt + (newestMs - baseMs);
  return { newestMs, newestAt: Math.min(now.at, Math.max(byItself, byWallClock)), heard: true };
}
