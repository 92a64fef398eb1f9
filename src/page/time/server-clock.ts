/**
 * The server's clock, as seen from this device, whose own may be minutes off: ages of pictures and the
 * delay of live view are told in the server's.
 */
export class ServerClock {
  #offsetMs = 0;
  #doubtMs = Number.POSITIVE_INFINITY;

  /**
   * One exchange: asked and answered by this device's clock, and what the server's showed between. The
   * quickest exchange knows best; its say fades, as clocks drift.
   */
  learn(askedAtMs: number, answeredAtMs: number, serverMs: number): void {
    const doubtMs = (answeredAtMs - askedAtMs) / 2;
    const offsetMs = serverMs - (askedAtMs + answeredAtMs) / 2;
    // A device's clock that was set meanwhile makes all that was known wrong.
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
