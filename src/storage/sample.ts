import { type Clock, systemClock } from '../lib/clock.ts';

/** What reading samples back has shown since the start. */
export interface SampleCounts {
  /** Objects that the store gave back as they were sent. */
  readonly right: number;
  /** Objects that the store had confirmed and gave back as something else. */
  readonly wrong: number;
}

/**
 * Which of the stored segments are read back to see whether the store tells the truth: the first of
 * each UTC day, and a share of all. Once it has not told the truth, all of them.
 */
export class Sample {
  readonly #share: number | undefined;
  readonly #clock: Clock;
  readonly #counts = { right: 0, wrong: 0 };
  #day = '';

  /** @param share from 0 to 1; undefined: nothing is read back */
  constructor(share: number | undefined, clock: Clock = systemClock) {
    this.#share = share;
    this.#clock = clock;
  }

  get counts(): SampleCounts {
    return { ...this.#counts };
  }

  /** Whether the next segment is to be read back. */
  isDue(): boolean {
    if (this.#counts.wrong > 0) return true;
    if (this.#share === undefined) return false;
    return this.#today() !== this.#day || Math.random() < this.#share;
  }

  /** A segment was read back. */
  note(outcome: 'right' | 'wrong'): void {
    this.#counts[outcome] += 1;
    this.#day = this.#today();
  }

  #today(): string {
    return new Date(this.#clock.wallNow()).toISOString().slice(0, 10);
  }
}
