/**
 * An estimate of the server's clock. The device's own clock may be minutes off, so ages of pictures and
 * the delay of live view are computed with the server's.
 */
export class ServerClock {
  #offsetMs = 0;
  #doubtMs = Number.POSITIVE_INFINITY;

  /**
   * Learns from one request: its start and end by this device's clock, and the server's time in between.
   * Keeps the offset of the quickest request, but trusts it less over time, as clocks drift.
   */
  learn(askedAtMs: number, answeredAtMs: number, serverMs: number): void {
    const doubtMs = (answeredAtMs - askedAtMs) / 2;
    const offsetMs = serverMs - (askedAtMs + answeredAtMs) / 2;
    // The device's clock has been set meanwhile: the old offset is wrong.
    const isSet = Math.abs(offsetMs - this.#offsetMs) > doubtMs + this.#doubtMs + 250;
    if (doubtMs > this.#doubtMs && !isSet) {
      this.#doubtMs *= 1.02;
      return;
    }
    this.#offsetMs = offsetMs;
    this.#doubtMs = doubtMs;
  }

  /** The server's time when this device's clock shows `localMs`. */
  at(localMs: number): number {
    return localMs + this.#offsetMs;
  }

  now(): number {
    return this.at(Date.now());
  }
}

export const serverClock = new ServerClock();
