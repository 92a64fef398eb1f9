export interface Rate {
  /** So much at once. */
  readonly burst: number;
  /** One more after so long. */
  readonly everyMs: number;
}

/** How much somebody may still do: it is used up, and comes back with time. */
export class Allowance {
  readonly #rate: Rate;
  #left: number;
  #atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#atMs = nowMs;
  }

  left(nowMs: number): number {
    const { burst, everyMs } = this.#rate;
    this.#left = Math.min(burst, this.#left + Math.max(0, nowMs - this.#atMs) / everyMs);
    this.#atMs = nowMs;
    return this.#left;
  }

  /** Takes `amount`, even if less is left: it is then owed. */
  take(nowMs: number, amount = 1): void {
    this.#left = this.left(nowMs) - amount;
  }

  giveBack(nowMs: number, amount = 1): void {
    this.#left = Math.min(this.#rate.burst, this.left(nowMs) + amount);
  }

  /** Milliseconds until `amount` is left. */
  waitMs(nowMs: number, amount = 1): number {
    return Math.max(0, Math.ceil((amount - this.left(nowMs)) * this.#rate.everyMs));
  }
}
