import type { ChannelTrouble } from '../contract/alerts.ts';
import type { Clock } from '../lib/clock.ts';

interface Trouble extends ChannelTrouble {
  failures: number;
  cause: string;
  restUntil: number;
}

export interface RetryOptions {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Which ways work. A way that failed rests, with back-off, and is then tried with one message at a
 * time until it works.
 */
export class ChannelHealth {
  readonly #clock: Clock;
  readonly #retry: RetryOptions;
  /** By way: a channel, or for webhooks a channel and a server, since servers fail separately. */
  readonly #troubles = new Map<string, Trouble>();

  constructor(clock: Clock, retry: RetryOptions) {
    this.#clock = clock;
    this.#retry = retry;
  }

  /** What is wrong with a way; undefined if it works. */
  of(way: string): ChannelTrouble | undefined {
    return this.#troubles.get(way);
  }

  /** How long a way must still rest, in milliseconds; 0 if it may be tried. */
  restMs(way: string): number {
    const until = this.#troubles.get(way)?.restUntil ?? 0;
    return Math.max(0, until - this.#clock.now());
  }

  /**
   * @param leastMs how long the carrier asks us to wait
   * @returns whether the way worked before, or failed for another cause
   */
  failed(way: string, channel: string, cause: string, leastMs = 0): boolean {
    const before = this.#troubles.get(way);
    const failures = (before?.failures ?? 0) + 1;
    const { minMs, maxMs } = this.#retry;
    const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 20));
    const restMs = Math.max(leastMs, ceiling * (0.5 + Math.random() / 2));
    this.#troubles.set(way, {
      channel,
      cause,
      failures,
      sinceMs: before?.sinceMs ?? this.#clock.wallNow(),
      restUntil: this.#clock.now() + restMs,
    });
    return before?.cause !== cause;
  }

  /** @returns whether the way failed before */
  worked(way: string): boolean {
    return this.#troubles.delete(way);
  }

  all(): ChannelTrouble[] {
    return [...this.#troubles.values()].map(({ channel, sinceMs, cause }) => ({
      channel,
      sinceMs,
      cause,
    }));
  }
}
