/**
 * The age of a camera's newest footage, on the monotonic clock. Footage is dated by the wall clock,
 * and setting that clock must neither raise nor hide an alarm.
 */
export interface Freshness {
  /** The newest end of footage seen so far, on the wall clock. */
  readonly newestMs: number;
  /** The same moment on the monotonic clock. */
  readonly newestAt: number;
  /** Whether footage has come since the daemon started. */
  readonly heard: boolean;
}

export interface Now {
  /** Milliseconds since 1970 UTC. */
  readonly wallMs: number;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** If wall clock and monotonic clock diverge by more, the wall clock was set. */
const stepMs = 1_000;

/** How far the wall clock was set back between two moments, in milliseconds; 0 if it was not. */
export function setBackMs(before: Now, now: Now): number {
  const difference = now.at - before.at - (now.wallMs - before.wallMs);
  return difference > stepMs ? difference : 0;
}

/** Footage may seem to end this far in the future, because of how its length is computed. */
const aheadMs = 2_000;

/**
 * The newest of several ends of footage. An end in the future, which means that the clock was set
 * back, counts only if there is no other.
 */
export function newestOf(ends: readonly (number | undefined)[], now: Now): number | undefined {
  const known = ends.filter((end) => end !== undefined);
  const past = known.filter((end) => end <= now.wallMs + aheadMs);
  if (known.length === 0) return undefined;
  return past.length > 0 ? Math.max(...past) : Math.min(...known);
}

/**
 * @param before the result of the last step; undefined at the first
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
  // Footage dated before the clock was set back would hide newer footage.
  const baseMs = wasSetBack ? Math.min(before.newestMs, now.wallMs) : before.newestMs;
  if (newestMs <= baseMs || newestMs > now.wallMs + aheadMs) return { ...before, newestMs: baseMs };
  // The dates' difference counts, even if the dates lag behind a clock that was set forward.
  const byItself = before.newestAt + (newestMs - baseMs);
  return { newestMs, newestAt: Math.min(now.at, Math.max(byItself, byWallClock)), heard: true };
}
