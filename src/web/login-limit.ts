import { Allowance, type Rate } from '../lib/allowance.ts';
import { Remembered } from '../lib/remembered.ts';

const maxRemembered = 20_000;

const rates: Readonly<Record<'pair' | 'network' | 'account', Rate>> = {
  pair: { burst: 8, everyMs: 20_000 },
  network: { burst: 30, everyMs: 5_000 },
  account: { burst: 60, everyMs: 2_000 },
};

/**
 * Limits how often somebody may try a password: by network and account, by network, and by account. Who has
 * logged in to the account from the same network before is not kept out by what others try at the account.
 */
export class LoginLimit {
  readonly #allowances = new Remembered<Allowance>(maxRemembered);
  readonly #known = new Remembered<true>(maxRemembered);
  readonly #rates: typeof rates;

  constructor(given: Partial<typeof rates> = {}) {
    this.#rates = { ...rates, ...given };
  }

  /** Takes a try and returns 0, or returns how many milliseconds to wait for one. */
  take(network: string, account: string, nowMs: number): number {
    const wanted = this.#wanted(network, account, nowMs);
    const waitMs = Math.max(...wanted.map((one) => one.waitMs(nowMs)));
    if (waitMs === 0) for (const one of wanted) one.take(nowMs);
    return waitMs;
  }

  /** A login has succeeded: it costs nothing. */
  succeeded(network: string, account: string, nowMs: number): void {
    for (const one of this.#wanted(network, account, nowMs)) one.giveBack(nowMs);
    this.#known.set(`${network} ${account}`, true);
  }

  #wanted(network: string, account: string, nowMs: number): Allowance[] {
    const { pair, network: one, account: all } = this.#rates;
    const wanted = [
      this.#allowance(`pair ${network} ${account}`, pair, nowMs),
      this.#allowance(`network ${network}`, one, nowMs),
    ];
    if (this.#known.get(`${network} ${account}`) === true) return wanted;
    return [...wanted, this.#allowance(`account ${account}`, all, nowMs)];
  }

  #allowance(key: string, rate: Rate, nowMs: number): Allowance {
    const allowance = this.#allowances.get(key) ?? new Allowance(rate, nowMs);
    this.#allowances.set(key, allowance);
    return allowance;
  }
}
