import { RecentLeast } from './least.ts';

/** A longer step of the relay's clock, beside that of time, is a jump. */
const jumpMs = 1_000;

/**
 * Dates what a relay sends of one track. A relay keeps the distances between a camera's timestamps, but
 * counts from where it likes, and anew when a reader joins or the camera tells its time of day. So the
 * least delay seen here is compared with the least delay on the line: both see the same pictures.
 */
export class TrackTimes {
  readonly #ticksPerMs: number;
  readonly #late = new RecentLeast();
  #lastTimestamp: number | undefined;
  #lastArrivalMs = 0;
  #relayMs = 0;

  constructor(ticksPerSecond: number) {
    this.#ticksPerMs = ticksPerSecond / 1_000;
  }

  /**
   * @param timestamp 32 bits
   * @param nowMs when it came, in monotonic milliseconds
   * @param lateMs how late the least late of the last seconds reached us
   * @returns when it was taken, in the same milliseconds
   */
  place(timestamp: number, nowMs: number, lateMs: number): number {
    const stepMs = ((timestamp - (this.#lastTimestamp ?? timestamp)) | 0) / this.#ticksPerMs;
    const jumped = stepMs < -jumpMs || stepMs > nowMs - this.#lastArrivalMs + lateMs + jumpMs;
    if (jumped) this.#late.clear();
    this.#lastTimestamp = timestamp;
    this.#lastArrivalMs = nowMs;
    this.#relayMs += stepMs;
    this.#late.note(nowMs - this.#relayMs, nowMs);
    return this.#relayMs + (this.#late.value ?? 0) - lateMs;
  }
}
