const bucketMs = 1_000;
const buckets = 3;

/**
 * The least of the values that were noted in the last three seconds in which any were: what comes in a lump after
 * a pause is compared with what came before the pause.
 */
export class LeastOfLate {
  /** The least value of each of the last whole seconds, newest last. */
  readonly #seconds: { readonly second: number; least: number }[] = [];

  /** @param nowMs monotonic milliseconds */
  note(value: number, nowMs: number): void {
    const second = Math.floor(nowMs / bucketMs);
    const newest = this.#seconds.at(-1);
    if (newest?.second === second) newest.least = Math.min(newest.least, value);
    else this.#seconds.push({ second, least: value });
    if (this.#seconds.length > buckets) this.#seconds.shift();
  }

  /** Undefined before the first value. */
  get value(): number | undefined {
    if (this.#seconds.length === 0) return undefined;
    return this.#seconds.reduce((least, one) => Math.min(least, one.least), Infinity);
  }

  /** Whether values were noted for at least a whole second. */
  get isSettled(): boolean {
    return this.#seconds.length > 1;
  }

  /** Adds to all values. */
  shift(by: number): void {
    for (const one of this.#seconds) one.least += by;
  }
}
