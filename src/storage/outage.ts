import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { StoreTrouble } from './explain.ts';

export interface OutageOptions {
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Between two probes, doubling from `minMs` to `maxMs`. */
  readonly probe: { readonly minMs: number; readonly maxMs: number };
  /** How many segments wait, for the lines of the log. */
  readonly waiting: () => number;
}

export interface Failing {
  /** Milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  /** In plain words. */
  readonly cause: string;
}

/** So many failures without a success between them are the store's, not the segments'. */
const failuresOfAnOutage = 3;

const unsettledMs = 60_000;

const repeatMs = 5 * 60_000;

/** One upload, as the outage sees it. */
export interface Attempt {
  /** Whether it was begun during an outage, to see if it is over. */
  readonly probe: boolean;
  readonly epoch: number;
}

/** At the ceiling, one more upload at once is dared after so many successes for each allowed. */
const successesToRise = 8;

/**
 * Whether the store works, as one thing over all segments. While it doesn't, one segment at a time
 * is tried, ever more seldom; after it does, twice as many with each success: a store that comes up
 * under the load of all daemons at once would go down again.
 *
 * How many uploads at once a link or a store bears is found as TCP finds its window: too much halves
 * the ceiling, once for all that was under way; long success raises it by one.
 */
export class Outage {
  readonly #options: OutageOptions;
  #limit: number;
  #ceiling: number;
  #successes = 0;
  /** Counts the times that the ceiling was lowered. */
  #epoch = 0;
  #failuresInRow = 0;
  #firstFailureMs = 0;
  #succeededAt = Number.NEGATIVE_INFINITY;
  #current: { sinceMs: number; cause: string; saidAt: number; beganAt: number } | undefined;
  #probeAt = 0;
  #probeWaitMs = 0;

  constructor(options: OutageOptions) {
    this.#options = options;
    this.#limit = options.concurrency;
    this.#ceiling = options.concurrency;
  }

  get failing(): Failing | undefined {
    return this.#current && { sinceMs: this.#current.sinceMs, cause: this.#current.cause };
  }

  /** When the next segment may be tried, on the monotonic clock, if there is an outage. */
  get probeAt(): number | undefined {
    return this.#current && this.#probeAt;
  }

  /** How many segments may be under way now. */
  allowed(probing: boolean, running: number): number {
    if (this.#current === undefined) return this.#limit;
    return !probing && this.#options.clock.now() >= this.#probeAt ? running + 1 : 0;
  }

  /** An upload begins. */
  attempt(): Attempt {
    return { probe: this.#current !== undefined, epoch: this.#epoch };
  }

  succeeded(): void {
    const { clock, log, waiting, concurrency } = this.#options;
    this.#failuresInRow = 0;
    this.#succeededAt = clock.now();
    this.#successes += 1;
    if (this.#ceiling < concurrency && this.#successes >= this.#ceiling * successesToRise) {
      this.#successes = 0;
      this.#ceiling += 1;
    }
    this.#limit = Math.min(this.#ceiling, this.#limit * 2);
    if (this.#current === undefined) return;
    log.info('uploads go on', {
      afterSeconds: Math.round((clock.now() - this.#current.beganAt) / 1000),
      waiting: waiting(),
    });
    this.#current = undefined;
  }

  failed({ words, needsOperator, tooMuch }: StoreTrouble, { probe, epoch }: Attempt): void {
    const { clock, log, waiting } = this.#options;
    const now = clock.now();
    if (tooMuch && !probe && epoch === this.#epoch) {
      this.#epoch += 1;
      this.#successes = 0;
      this.#ceiling = Math.max(1, Math.floor(this.#limit / 2));
      this.#limit = this.#ceiling;
    }
    if (this.#current === undefined) {
      this.#failuresInRow += 1;
      if (this.#failuresInRow === 1) this.#firstFailureMs = clock.wallNow();
      // A bucket that was just made, or a key, may be known here and unknown there for a moment.
      const settled = needsOperator && now - this.#succeededAt > unsettledMs;
      if (this.#failuresInRow < failuresOfAnOutage && !settled) {
        log.debug('an upload failed', { cause: words });
        return;
      }
      this.#current = { sinceMs: this.#firstFailureMs, cause: words, saidAt: now, beganAt: now };
      this.#limit = 1;
      this.#probeWaitMs = 0;
      this.#schedule(now);
      const say = needsOperator ? 'error' : 'warn';
      log[say]('uploads fail; footage is kept in the spool', { cause: words, waiting: waiting() });
      return;
    }
    if (probe) this.#schedule(now);
    const changed = this.#current.cause !== words;
    this.#current.cause = words;
    // The cause may go back and forth (refused, timed out), so a new one isn't said at once either,
    // unless it is for the operator.
    if (now - this.#current.saidAt < (changed && needsOperator ? 10_000 : repeatMs)) return;
    this.#current.saidAt = now;
    log.error('uploads still fail; footage is kept in the spool', {
      cause: words,
      forSeconds: Math.round((now - this.#current.beganAt) / 1000),
      waiting: waiting(),
    });
  }

  #schedule(now: number): void {
    const { minMs, maxMs } = this.#options.probe;
    this.#probeWaitMs = Math.min(maxMs, this.#probeWaitMs === 0 ? minMs : this.#probeWaitMs * 2);
    this.#probeAt = now + this.#probeWaitMs * (0.5 + Math.random() / 2);
  }
}
