interface Bucket {
  /** Tries left at `atMs`. */
  left: number;
  atMs: number;
}

interface Rate {
  readonly burst: number;
  readonly everyMs: number;
}

/** Strangers must not fill our memory. */
const maxBuckets = 20_000;

const rates: Readonly<Record<'pair' | 'network' | 'all', Rate>> = {
  pair: { burst: 8, everyMs: 20_000 },
  network: { burst: 30, everyMs: 5_000 },
  all: { burst: 100, everyMs: 200 },
};

/** Limits how often somebody may try a password: by network and account, by network, and in all. */
export class LoginLimit {
  readonly #buckets = new Map<string, Bucket>();
  readonly #rates: typeof rates;

  constructor(given: Partial<typeof rates> = {}) {
    this.#rates = { ...rates, ...given };
  }

  /** Takes a try and returns 0, or returns how many milliseconds to wait for one. */
  take(network: string, account: string, now: number): number {
    const wanted = this.#wanted(network, account);
    const waits = wanted.map(([key, rate]) => {
      const { left } = this.#bucket(key, rate, now);
      return left >= 1 ? 0 : Math.ceil((1 - left) * rate.everyMs);
    });
    const wait = Math.max(...waits);
    if (wait > 0) return wait;
    for (const [key, rate] of wanted) this.#bucket(key, rate, now).left -= 1;
    return 0;
  }

  /** A login that succeeded costs nothing. */
  giveBack(network: string, account: string, now: number): void {
    for (const [key, rate] of this.#wanted(network, account)) {
      const bucket = this.#bucket(key, rate, now);
      bucket.left = Math.min(rate.burst, bucket.left + 1);
    }
  }

  #wanted(network: string, account: string): [string, Rate][] {
    const { pair, network: one, all } = this.#rates;
    return [
      [`${network} ${account}`, pair],
      [network, one],
      ['*', all],
    ];
  }

  #bucket(key: string, { burst, everyMs }: Rate, now: number): Bucket {
    const known = this.#buckets.get(key);
    const left =
      known === undefined ? burst : Math.min(burst, known.left + (now - known.atMs) / everyMs);
    const bucket = { left, atMs: now };
    // Moved to the end, so that the least recently used is evicted first.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > maxBuckets && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}
