/** A table of the 10,000 newest keys, which bounds the memory that strangers can use. */
class Recent {
  readonly #times = new Map<string, number>();

  get(key: string): number {
    return this.#times.get(key) ?? 0;
  }

  set(key: string, time: number): void {
    this.#times.delete(key);
    this.#times.set(key, time);
    const [oldest] = this.#times.keys();
    if (this.#times.size > 10_000 && oldest !== undefined) this.#times.delete(oldest);
  }
}

export interface ThrottleOptions {
  /** Wrong passwords in a row that cost nothing. */
  readonly free: number;
  /** What each further wrong password adds to the wait. The debt shrinks as time passes. */
  readonly costMs: number;
  /** The longest wait. Shorter than the timeout of players, so that nobody is locked out. */
  readonly maxWaitMs: number;
  /** How long an address that knew the password doesn't wait for the failures of others. */
  readonly trustMs: number;
}

const defaults: ThrottleOptions = {
  free: 5,
  costMs: 1_000,
  maxWaitMs: 3_000,
  trustMs: 24 * 3_600_000,
};

/**
 * Slows down password guessing: per address, and per account for addresses that have not known its
 * password lately. The wait comes before the proof is checked, so its duration doesn't tell a wrong
 * proof from a right one. The number of tries per second is bounded too, since connections are
 * limited and each handles one request at a time.
 */
export class Throttle {
  readonly #options: ThrottleOptions;
  /** When the last wrong password will be forgiven. */
  readonly #debts = new Recent();
  readonly #known = new Recent();

  constructor(options: Partial<ThrottleOptions> = {}) {
    this.#options = { ...defaults, ...options };
  }

  /** Milliseconds to wait before looking at a proof. */
  waitMs(network: string, account: string, now: number): number {
    const known = this.#known.get(`${network} ${account}`) > now;
    return Math.max(this.#waitOf(network, now), known ? 0 : this.#waitOf(`@${account}`, now));
  }

  failed(network: string, account: string, now: number): void {
    const { free, costMs, maxWaitMs } = this.#options;
    for (const key of [network, `@${account}`]) {
      const debt = Math.max(this.#debts.get(key), now) + costMs;
      this.#debts.set(key, Math.min(debt, now + free * costMs + 10 * maxWaitMs));
    }
  }

  passed(network: string, account: string, now: number): void {
    this.#known.set(`${network} ${account}`, now + this.#options.trustMs);
  }

  #waitOf(key: string, now: number): number {
    const { free, costMs, maxWaitMs } = this.#options;
    return Math.min(Math.max(this.#debts.get(key) - now - free * costMs, 0), maxWaitMs);
  }
}
