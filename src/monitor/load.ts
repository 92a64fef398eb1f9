import type { Clock } from '../lib/clock.ts';
import type { Standstill } from '../lib/pulse.ts';
import type { ToldCause } from '../model/gap-cause.ts';

const windowMs = 10_000;
/** Mean delay of a timer at which what arrives waits too long, and that at which all is well again. */
const overloadedMs = 250;
const calmMs = 100;
/** Share of the time in which the event loop had work, likewise. */
const overloadedShare = 0.95;
const calmShare = 0.85;
/** How long trouble explains what fails after it. */
const latelyMs = 20_000;
/** Longer than the longest segment takes, if they follow each other each half minute. */
const episodesKept = 200;

/** What was measured over the time since the last sample. */
export interface LoadSample {
  /** How late a timer was. */
  readonly lateMs: number;
  /** The share of the time in which the event loop had work or waited for a CPU: 0 to 1. */
  readonly busyShare: number;
}

/**
 * Whether this machine keeps up with what is asked of it, as the daemon's own event loop tells: all
 * footage passes through it.
 */
export class Load {
  readonly #clock: Clock;
  readonly #samples: (LoadSample & { readonly atMs: number })[] = [];
  readonly #startedAtMs: number;
  /** When this server was in trouble: oldest first, milliseconds since 1970 UTC. */
  readonly #episodes: (ToldCause & { readonly startMs: number; endMs: number })[] = [];
  isOverloaded = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAtMs = clock.now();
  }

  take(sample: LoadSample): void {
    const atMs = this.#clock.now();
    this.#samples.push({ ...sample, atMs });
    while ((this.#samples[0]?.atMs ?? atMs) <= atMs - windowMs) this.#samples.shift();
    if (atMs - this.#startedAtMs < windowMs) return;
    const lateMs = this.#mean(({ lateMs: late }) => late);
    const share = this.#mean(({ busyShare }) => busyShare);
    this.isOverloaded = this.isOverloaded
      ? lateMs > calmMs || share > calmShare
      : lateMs > overloadedMs || share > overloadedShare;
    if (!this.isOverloaded) return;
    const detail = `the server can not keep up: what arrives waits ${Math.round(lateMs)} ms, and it is busy ${Math.round(share * 100)} % of the time`;
    const nowMs = this.#clock.wallNow();
    this.#note({ cause: 'server overloaded', detail, startMs: nowMs - windowMs, endMs: nowMs });
  }

  /** A time in which nothing ran is no overload. */
  stoodStill({ startMs, durationMs, detail }: Standstill): void {
    this.#samples.length = 0;
    const endMs = startMs + durationMs;
    this.#note({ cause: 'server stood still', detail, startMs, endMs });
  }

  /** In words; undefined while the machine keeps up. */
  get trouble(): string | undefined {
    return this.isOverloaded ? this.#episodes.at(-1)?.detail : undefined;
  }

  /** What this server suffered from in a period, or shortly before it. */
  between(fromMs: number, toMs: number): ToldCause | undefined {
    return this.#episodes.findLast(
      ({ startMs, endMs }) => startMs <= toMs && endMs >= fromMs - latelyMs,
    );
  }

  /** Why recordings that fail now may have failed, if that is this server's doing. */
  lately(): ToldCause | undefined {
    const nowMs = this.#clock.wallNow();
    return this.between(nowMs, nowMs);
  }

  /** An overload that goes on makes its episode longer. */
  #note(episode: ToldCause & { readonly startMs: number; readonly endMs: number }): void {
    const last = this.#episodes.at(-1);
    if (last?.cause === episode.cause && last.endMs >= episode.startMs) {
      this.#episodes[this.#episodes.length - 1] = { ...episode, startMs: last.startMs };
    } else {
      this.#episodes.push(episode);
    }
    if (this.#episodes.length > episodesKept) this.#episodes.shift();
  }

  #mean(value: (sample: LoadSample) => number): number {
    const sum = this.#samples.reduce((total, sample) => total + value(sample), 0);
    return sum / this.#samples.length;
  }
}
