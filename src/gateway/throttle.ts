import { Remembered } from '../lib/remembered.ts';

const maxRemembered = 10_000;

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
  readonly #debts = new Remembered<number>(maxRemembered);
  readonly #known = new Remembered<number>(maxRemembered);

  constructor(options: Partial<ThrottleOptions> = {}) {
    this.#options = { ...defaults, ...options };
  }

  /** Milliseconds to wait before looking at a proof. */
  waitMs(network: string, account: string, now: number): number {
    const known = (this.#known.get(`${network} ${account}`) ?? 0) > now;
    return Math.max(this.#waitOf(network, now), known ? 0 : this.#waitOf(`@${account}`, now));
  }

  failed(network: string, account: string, now: number): void {
    const { free, costMs, maxWaitMs } = this.#options;
    for (const key of [network, `@${account}`]) {
      const debt = Math.max(this.#debts.get(key) ?? 0, now) + costMs;
      this.#debts.set(key, Math.min(debt, now + free * costMs + 10 * maxWaitMs));
    }
  }

  passed(network: string, account: string, now: number): void {
    this.#known.set(`${network} ${account}`, now + this.#options.trustMs);
  }

  #waitOf(key: string, now: number): number {
    const { free, costMs, maxWaitMs } = this.#options;
    return Math.min(Math.max((this.#debts.get(key) ?? 0) - now - free * costMs, 0), maxWaitMs);
  }
}
