/** How far playback stays behind the newest picture, in seconds: enough to absorb jitter. */
export const targetLagS = 0.07;
const seekLagS = 0.8;

/** How to stay at the live edge. */
export type Steering = { readonly seek: true } | { readonly seek: false; readonly rate: number };

/**
 * @param lagS smallest distance to the end of the buffer over the last pictures, in seconds. Smallest,
 *   since the distance jumps by a picture's duration when a picture arrives.
 */
export function steer(lagS: number): Steering {
  // Catching up from so far behind would mean seconds of fast playback; ahead of the end is no picture.
  if (lagS > seekLagS || lagS < -seekLagS) return { seek: true };
  if (lagS > targetLagS + 0.2) return { seek: false, rate: 1.5 };
  if (lagS > targetLagS + 0.04) return { seek: false, rate: 1.12 };
  if (lagS < targetLagS - 0.05) return { seek: false, rate: 0.94 };
  return { seek: false, rate: 1 };
}

/** The smallest of the last `count` values. */
export class RecentLeast {
  readonly #values: number[] = [];
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  add(value: number): number {
    this.#values.push(value);
    if (this.#values.length > this.#count) this.#values.shift();
    return Math.min(...this.#values);
  }

  clear(): void {
    this.#values.length = 0;
  }
}
