const pausesKept = 20;
const leastPauses = 3;

/**
 * Counts the pictures of a stream, and tells how long the usual pause between two of them is: a
 * fifteenth of a second for most cameras, some seconds or a minute for others.
 */
export class PicturePace {
  /** Milliseconds, oldest first. */
  readonly #pauses: number[] = [];
  #timestamp: number | undefined;
  #lastAtMs = 0;
  count = 0;

  /**
   * Takes a packet of a picture.
   *
   * @param timestamp of RTP: packets of one picture have the same
   * @param nowMs monotonic milliseconds
   */
  note(timestamp: number, nowMs: number): void {
    if (timestamp === this.#timestamp) return;
    if (this.#timestamp !== undefined) this.#pauses.push(nowMs - this.#lastAtMs);
    if (this.#pauses.length > pausesKept) this.#pauses.shift();
    this.#timestamp = timestamp;
    this.#lastAtMs = nowMs;
    this.count += 1;
  }

  /**
   * The longest of the last pauses but one, since one may have been a trouble; in milliseconds.
   * Undefined before the fourth picture.
   */
  get usualPauseMs(): number | undefined {
    if (this.#pauses.length < leastPauses) return undefined;
    return this.#pauses.toSorted((a, b) => b - a)[1];
  }
}
