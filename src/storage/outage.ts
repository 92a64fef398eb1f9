import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { StoreTrouble } from './explain.ts';

export interface OutageOptions {
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Back-off between two probes, doubling from `minMs` to `maxMs`. */
  readonly probe: { readonly minMs: number; readonly maxMs: number };
  /** How many segments wait, for the log. */
  readonly waiting: () => number;
}

export interface Failing {
  /** Milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  readonly cause: string;
}

/** After this many failures without a success, we blame the store, not the segments. */
const failuresOfAnOutage = 3;

const unsettledMs = 60_000;

const repeatMs = 5 * 60_000;

/** One upload, as the outage sees it. */
export interface Attempt {
  /** Whether it was begun during an outage, to find out if that is over. */
  readonly probe: boolean;
  readonly epoch: number;
}

/** The ceiling rises by one after this many successes per upload that it allows. */
const successesToRise = 8;

/**
 * Whether the store works, judged over all segments. During an outage one segment at a time is
 * tried, with back-off. After it, each success doubles the number of parallel uploads: the load of
 * all daemons at once might bring a recovering store down again.
 *
 * The ceiling of parallel uploads follows TCP's congestion window: overload halves it, once for all
 * uploads under way; a long run of successes raises it by one.
 */
export class Outage {
  readonly #options: OutageOptions;
  #limit: number;
  #ceiling: number;
  #successes = 0;
  /** How often the ceiling was lowered. */
  #epoch = 0;
  #failuresInRow = 0;
  /** Objects with trouble that may be their own, since the last success. */
  readonly #inDoubt = new Set<string>();
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

  /** How many uploads may be under way now. */
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
    this.#inDoubt.clear();
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

  /** An upload failed with trouble that is known to be the object's own: that says nothing of the store. */
  refused({ probe }: Attempt): void {
    if (probe) this.#schedule(this.#options.clock.now());
  }

  /** @param object what was uploaded: if the trouble may be its own, it counts once */
  failed(trouble: StoreTrouble, { probe, epoch }: Attempt, object: string): void {
    const { words, needsOperator, tooMuch } = trouble;
    const { clock, log, waiting } = this.#options;
    const now = clock.now();
    if (tooMuch && !probe && epoch === this.#epoch) {
      this.#epoch += 1;
      this.#successes = 0;
      this.#ceiling = Math.max(1, Math.floor(this.#limit / 2));
      this.#limit = this.#ceiling;
    }
    if (this.#current === undefined) {
      if (trouble.ofObject && this.#inDoubt.has(object)) return;
      if (trouble.ofObject) this.#inDoubt.add(object);
      this.#failuresInRow += 1;
      if (this.#failuresInRow === 1) this.#firstFailureMs = clock.wallNow();
      // A new bucket or access key may take a moment until all servers of the store know it.
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
    // The cause may alternate (refused, timed out), so a new cause is logged early only if the
    // operator must act.
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
