/** Bits per second of a camera's pictures. */
export interface LineRates {
  /** What arrived. */
  readonly carried: number;
  /** What the camera made, by its own clock. */
  readonly sent: number;
}

const windowMs = 15_000;
const leastMs = 3_000;
/** A longer step between pictures is a gap, and tells nothing about the stream's rate. */
const longestStepMs = 1_000;

interface Second {
  readonly second: number;
  bytes: number;
  /** How much of the camera's time these bytes are. */
  mediaMs: number;
}

/** Compares the rate at which a camera makes pictures with that at which they arrive. */
export class LineRate {
  readonly #seconds: Second[] = [];
  #lastTakenMs: number | undefined;

  /**
   * @param takenMs when the picture that the bytes are part of was taken, in monotonic milliseconds
   * @param nowMs when they arrived
   */
  note(bytes: number, takenMs: number, nowMs: number): void {
    const step = takenMs - (this.#lastTakenMs ?? takenMs);
    const isGap = step > longestStepMs || step < 0;
    this.#lastTakenMs = takenMs;
    const second = Math.floor(nowMs / 1_000);
    let newest = this.#seconds.at(-1);
    if (newest?.second !== second) {
      newest = { second, bytes: 0, mediaMs: 0 };
      this.#seconds.push(newest);
      while ((this.#seconds[0]?.second ?? second) < second - windowMs / 1_000)
        this.#seconds.shift();
    }
    newest.bytes += bytes;
    if (!isGap) newest.mediaMs += step;
  }

  rates(nowMs: number): LineRates | undefined {
    const [first] = this.#seconds;
    if (first === undefined) return undefined;
    // The present second isn't over.
    const present = Math.floor(nowMs / 1_000);
    const whole = this.#seconds.filter(({ second }) => second < present);
    const elapsedMs = (present - first.second) * 1_000;
    const mediaMs = whole.reduce((sum, one) => sum + one.mediaMs, 0);
    if (elapsedMs < leastMs || mediaMs < leastMs / 3) return undefined;
    const bits = 8 * whole.reduce((sum, one) => sum + one.bytes, 0);
    return { carried: (bits * 1_000) / elapsedMs, sent: (bits * 1_000) / mediaMs };
  }
}
