/** How far playback stays behind the newest picture, in seconds: enough for uneven arrival. */
export const targetLagS = 0.07;
const seekLagS = 0.8;

/** What to do to stay at the live edge. */
export type Steering = { readonly seek: true } | { readonly seek: false; readonly rate: number };

/**
 * @param lagS least distance to the end of the buffer over the last pictures, in seconds: the
 *   distance grows by a picture's duration when one arrives.
 */
export function steer(lagS: number): Steering {
  // So far behind, catching up would take seconds of hurried pictures; ahead of the end there are none.
  if (lagS > seekLagS || lagS < -seekLagS) return { seek: true };
  if (lagS > targetLagS + 0.2) return { seek: false, rate: 1.5 };
  if (lagS > targetLagS + 0.04) return { seek: false, rate: 1.12 };
  if (lagS < targetLagS - 0.05) return { seek: false, rate: 0.94 };
  return { seek: false, rate: 1 };
}

/** Least of the last values. */
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
