/** A table of the newest keys: what strangers make us remember must have an end. */
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
  /** What each further one adds to the wait; it is forgiven at the pace of the clock. */
  readonly costMs: number;
  /** The longest wait. Short enough for the patience of a player, so that nobody is locked out. */
  readonly maxWaitMs: number;
  /** How long an address that knew the password is not made to pay for what others tried. */
  readonly trustMs: number;
}

const defaults: ThrottleOptions = {
  free: 5,
  costMs: 1_000,
  maxWaitMs: 3_000,
  trustMs: 24 * 3_600_000,
};

/**
 * Slows down who tries passwords: by address, and by account for all addresses that have not known
 * its password lately. The wait comes before the proof is looked at, so a wrong one can't be told
 * from a right one by its time; and as each connection has one request in hand at a time and the
 * number of connections is bounded, so is the number of tries a second.
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
