import { LeastOfLate } from './least.ts';

/** A step back by more than this is a clock that was set, not a picture that is sent out of order. */
const mostBackMs = 1_000;

/**
 * Dates what a track of a camera sends: the camera's own clock, as the RTP timestamps tell it (RFC 3550
 * section 5.1), laid on ours by the least delay seen. So a picture that waited in a queue keeps its time.
 *
 * What arrives late may have waited, or the camera's clock may run slow. Only the line can tell which:
 * see {@link mayBeLate}.
 */
export class MediaClock {
  readonly #ticksPerMs: number;
  readonly #late = new LeastOfLate();
  #lastTimestamp: number | undefined;
  /** Milliseconds of the camera's clock since the first timestamp, without wrap-around. */
  #mediaMs = 0;
  /** The latest of them. */
  newestMs = 0;
  /** Our time when the camera's clock was at 0. */
  #offsetMs = 0;
  #lastArrivalMs = 0;
  #lastMs = 0;

  constructor(ticksPerSecond: number) {
    this.#ticksPerMs = ticksPerSecond / 1_000;
  }

  /**
   * @param timestamp 32 bits
   * @param nowMs when it arrived, in monotonic milliseconds
   * @param firstLateMs how late the very first one is assumed to be
   * @returns when it was taken, in the same milliseconds
   */
  place(timestamp: number, nowMs: number, firstLateMs = 0): number {
    const stepMs = ((timestamp - (this.#lastTimestamp ?? timestamp)) | 0) / this.#ticksPerMs;
    this.#mediaMs += stepMs;
    if (this.#lastTimestamp === undefined) {
      this.#offsetMs = nowMs - firstLateMs - this.#mediaMs;
    } else if (stepMs < -mostBackMs) {
      // The clock was set. The delay stays what it was.
      this.#offsetMs = this.#lastMs + (nowMs - this.#lastArrivalMs) - this.#mediaMs;
    }
    this.newestMs = stepMs < -mostBackMs ? this.#mediaMs : Math.max(this.newestMs, this.#mediaMs);
    this.#lastTimestamp = timestamp;
    // Nothing arrives before it is sent.
    this.#offsetMs = Math.min(this.#offsetMs, nowMs - this.#mediaMs);
    this.#lastArrivalMs = nowMs;
    this.#lastMs = this.timeOf(this.#mediaMs);
    this.#late.note(nowMs - this.#lastMs, nowMs);
    return this.#lastMs;
  }

  /** @param mediaMs milliseconds of the camera's clock since the first timestamp */
  timeOf(mediaMs: number): number {
    return mediaMs + this.#offsetMs;
  }

  /** How late the least late of the last seconds arrived, in milliseconds. Undefined before the first. */
  get lateMs(): number | undefined {
    return this.#late.value;
  }

  /** The line delays nothing by more than this: what is later is the camera's clock, which is corrected. */
  mayBeLate(mostMs: number): void {
    const late = this.#late.value;
    if (late === undefined || !this.#late.isSettled || late <= mostMs) return;
    this.#offsetMs += late - mostMs;
    this.#late.shift(mostMs - late);
  }
}
