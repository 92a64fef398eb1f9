import type { Clock } from '../lib/clock.ts';
import { count } from '../lib/words.ts';

/** The recordings that cost most, each by the name of its camera. */
export interface HeavyRecordings {
  /** Those that encode pictures anew. */
  readonly heavy: readonly string[];
  /** Those that should, and copy pictures instead. */
  readonly lightened: readonly string[];
  lighten(camera: string): void;
  restore(camera: string): void;
}

/** Between two steps while the server can't keep up, and while it can again. */
const shedEachMs = 10_000;
const restoreEachMs = 4_000;
/** How long all must be calm before anything is given back; twice as long after each relapse. */
const calmMs = 10_000;
const longestCalmMs = 5 * 60_000;
/** An overload so soon after something was given back is a relapse. */
const relapseMs = 2 * 60_000;
/** So many steps lighten all recordings, never all at once. */
const steps = 8;

/**
 * What is done without while the server can't keep up, in this order: previews and live pictures of the
 * page; then recordings that encode pictures anew copy them instead, some at a time. No recording is stopped.
 */
export class Shedding {
  readonly #clock: Clock;
  readonly #recordings: HeavyRecordings;
  #steppedAtMs = -Infinity;
  #calmSinceMs: number | undefined;
  #calmMs = calmMs;
  #restoredAtMs = -Infinity;
  /** Whether previews and live pictures are done without. */
  arePicturesShed = false;

  constructor(clock: Clock, recordings: HeavyRecordings) {
    this.#clock = clock;
    this.#recordings = recordings;
  }

  /** To be called about each second. */
  look(isOverloaded: boolean): void {
    const nowMs = this.#clock.now();
    if (isOverloaded) this.#shed(nowMs);
    else if (this.arePicturesShed) this.#restore(nowMs);
  }

  /** What is done without now, in words; undefined if nothing is. */
  get words(): string | undefined {
    if (!this.arePicturesShed) return undefined;
    const { length } = this.#recordings.lightened;
    const recordings =
      length === 0 ? '' : `, and ${count(length, 'camera')} copied instead of downsampled`;
    return `previews and live pictures of the page are paused${recordings}`;
  }

  #shed(nowMs: number): void {
    if (this.#calmSinceMs !== undefined && nowMs - this.#restoredAtMs < relapseMs) {
      this.#calmMs = Math.min(2 * this.#calmMs, longestCalmMs);
    }
    this.#calmSinceMs = undefined;
    if (!this.arePicturesShed) {
      this.arePicturesShed = true;
      this.#steppedAtMs = nowMs;
    } else if (nowMs - this.#steppedAtMs >= shedEachMs) {
      this.#steppedAtMs = nowMs;
      const { heavy } = this.#recordings;
      for (const camera of heavy.slice(0, this.#some)) this.#recordings.lighten(camera);
    }
  }

  #restore(nowMs: number): void {
    this.#calmSinceMs ??= nowMs;
    if (nowMs - this.#calmSinceMs < this.#calmMs || nowMs - this.#steppedAtMs < restoreEachMs)
      return;
    this.#steppedAtMs = nowMs;
    this.#restoredAtMs = nowMs;
    const { lightened } = this.#recordings;
    for (const camera of lightened.slice(0, this.#some)) this.#recordings.restore(camera);
    if (this.#recordings.lightened.length > 0) return;
    this.arePicturesShed = false;
    this.#calmSinceMs = nowMs;
  }

  get #some(): number {
    const { heavy, lightened } = this.#recordings;
    return Math.max(1, Math.ceil((heavy.length + lightened.length) / steps));
  }
}
