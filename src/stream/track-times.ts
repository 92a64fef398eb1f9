import { LeastOfLate } from './least.ts';
import type { MediaClock } from './media-clock.ts';

/**
 * Dates what a relay sends of one track. A relay keeps the distances between a camera's timestamps, but
 * counts from where it likes, and anew when a reader joins or the camera tells its time of day. So the
 * newest picture that came from the camera is compared with the newest that the relay sends: they are
 * the same one whenever the relay keeps up.
 */
export class TrackTimes {
  readonly #ticksPerMs: number;
  /** How far the relay's clock is behind the camera's, if the newest picture here is the newest there. */
  readonly #behind = new LeastOfLate();
  #lastTimestamp: number | undefined;
  #relayMs = 0;
  #newestMs = -Infinity;

  constructor(ticksPerSecond: number) {
    this.#ticksPerMs = ticksPerSecond / 1_000;
  }

  /**
   * @param timestamp 32 bits
   * @param nowMs when it came, in monotonic milliseconds
   * @param camera the clock of the same track on its way here; if that is unknown, arrivals are believed
   * @returns when it was taken, in the same milliseconds
   */
  place(timestamp: number, nowMs: number, camera: MediaClock | undefined): number {
    const stepMs = ((timestamp - (this.#lastTimestamp ?? timestamp)) | 0) / this.#ticksPerMs;
    this.#lastTimestamp = timestamp;
    this.#relayMs += stepMs;
    if (camera === undefined) return nowMs;
    const isReordered = stepMs < 0 && this.#newestMs - this.#relayMs < mostBackMs;
    if (!isReordered) {
      this.#newestMs = this.#relayMs;
      this.#behind.note(camera.newestMs - this.#relayMs, nowMs);
    }
    return camera.timeOf(this.#relayMs + (this.#behind.value ?? 0));
  }
}

/** A step back by less is a picture that is sent out of order. */
const mostBackMs = 1_000;
