/**
 * The server's clock, as this device knows it. The device's own may be minutes off, so ages of pictures
 * and the delay of live view are reckoned by the server's.
 */
export class ServerClock {
  #offsetMs = 0;
  #doubtMs = Number.POSITIVE_INFINITY;

  /**
   * Learns from one exchange: when it began and ended by this device's clock, and what the server's clock
   * showed in between. The quickest exchange is believed, less and less as clocks drift.
   */
  learn(askedAtMs: number, answeredAtMs: number, serverMs: number): void {
    const doubtMs = (answeredAtMs - askedAtMs) / 2;
    const offsetMs = serverMs - (askedAtMs + answeredAtMs) / 2;
    // The device's clock was set since: the old offset is wrong.
    const isSet = Math.abs(offsetMs - this.#offsetMs) > doubtMs + this.#doubtMs + 250;
    if (doubtMs > this.#doubtMs && !isSet) {
      this.#doubtMs *= 1.02;
      return;
    }
    this.#offsetMs = offsetMs;
    this.#doubtMs = doubtMs;
  }

  /** What the server's clock shows when this device's shows `localMs`. */
  at(localMs: number): number {
    return localMs + this.#offsetMs;
  }

  now(): number {
    return this.at(Date.now());
  }
}

export const serverClock = new ServerClock();
