import type { Clock } from './clock.ts';

/** A clock that was set by more than this is not followed. */
export const farMs = 2_000;
/** How fast smaller differences are made up for. */
const followedPerMs = 0.05;

/**
 * A clock whose time of day neither leaps nor stands still where somebody sets the machine's clock a little:
 * it follows slowly, so that what is dated by it has no holes and no overlaps. Small steps don't add up.
 */
export class SteadyClock implements Clock {
  readonly #clock: Clock;
  #offsetMs: number;
  #followedAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#followedAtMs = clock.now();
    this.#offsetMs = clock.wallNow() - this.#followedAtMs;
  }

  now(): number {
    return this.#clock.now();
  }

  wallNow(): number {
    this.#follow();
    return this.now() + this.#offsetMs;
  }

  /** How far the machine's clock is ahead of this one, in milliseconds. */
  get behindMs(): number {
    return this.#follow();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms, signal);
  }

  #follow(): number {
    const nowMs = this.#clock.now();
    const behindMs = this.#clock.wallNow() - nowMs - this.#offsetMs;
    const most = (nowMs - this.#followedAtMs) * followedPerMs;
    this.#followedAtMs = nowMs;
    if (Math.abs(behindMs) > farMs) return behindMs;
    const followed = Math.min(most, Math.max(-most, behindMs));
    this.#offsetMs += followed;
    return behindMs - followed;
  }
}
