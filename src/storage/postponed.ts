import type { Clock } from '../lib/clock.ts';
import { formatCameraName } from '../model/camera-name.ts';
import type { RefusedSegments } from '../contract/status.ts';
import type { Segment } from '../model/segment.ts';

interface Entry {
  readonly segment: Segment;
  readonly failures: number;
  /** On the monotonic clock. */
  readonly dueAt: number;
  /** Milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  /** How many segments had been stored at its first failure. */
  readonly storedBefore: number;
  /** Why the store doesn't take it, though it takes others. */
  readonly refusal?: string;
}

export interface PostponedOptions {
  readonly clock: Clock;
  /** Back-off between two tries, doubling. */
  readonly retry: { readonly minMs: number; readonly maxMs: number };
}

/** A segment that the store refuses while it takes others is tried this many times more seldom. */
const refusedFactor = 10;

/** Segments that could not be uploaded, and when they are tried again. */
export class Postponed {
  readonly #options: PostponedOptions;
  readonly #entries = new Map<string, Entry>();
  /** How many entries have a refusal. */
  #refused = 0;

  constructor(options: PostponedOptions) {
    this.#options = options;
  }

  isDue({ path }: Segment): boolean {
    return (this.#entries.get(path)?.dueAt ?? 0) <= this.#options.clock.now();
  }

  isRefused({ path }: Segment): boolean {
    return this.#entries.get(path)?.refusal !== undefined;
  }

  failures({ path }: Segment): number {
    return this.#entries.get(path)?.failures ?? 0;
  }

  /**
   * Whether the failure is this segment's own: since it failed first, others were stored.
   *
   * @param stored how many segments have been stored
   */
  isOwn({ path }: Segment, stored: number): boolean {
    const entry = this.#entries.get(path);
    return entry !== undefined && stored > entry.storedBefore;
  }

  /** @param refusal why the store doesn't take this segment, if it is the segment's own trouble */
  add(segment: Segment, stored: number, refusal?: string): void {
    const { clock, retry } = this.#options;
    const before = this.#entries.get(segment.path);
    const failures = (before?.failures ?? 0) + 1;
    const maxMs = refusal === undefined ? retry.maxMs : retry.maxMs * refusedFactor;
    const ceiling = Math.min(maxMs, retry.minMs * 2 ** Math.min(failures - 1, 30));
    this.forget(segment);
    if (refusal !== undefined) this.#refused += 1;
    this.#entries.set(segment.path, {
      segment,
      failures,
      dueAt: clock.now() + ceiling * (0.5 + Math.random() / 2),
      sinceMs: before?.sinceMs ?? clock.wallNow(),
      storedBefore: before?.storedBefore ?? stored,
      refusal,
    });
  }

  forget({ path }: Segment): void {
    if (this.#entries.get(path)?.refusal !== undefined) this.#refused -= 1;
    this.#entries.delete(path);
  }

  /** The store works again: all may be tried at once, except those that it refuses. */
  makeDue(): void {
    for (const [path, entry] of this.#entries) {
      if (entry.refusal === undefined) this.#entries.set(path, { ...entry, dueAt: 0 });
    }
  }

  /** When the next one is due, on the monotonic clock, from now on. */
  nextAt(): number {
    const now = this.#options.clock.now();
    let nextAt = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#entries.values()) {
      if (dueAt > now) nextAt = Math.min(nextAt, dueAt);
    }
    return nextAt;
  }

  /** The segments that the store refuses while it takes others; undefined if there are none. */
  refused(): RefusedSegments | undefined {
    if (this.#refused === 0) return undefined;
    let oldest: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.refusal === undefined) continue;
      if (oldest === undefined || entry.sinceMs < oldest.sinceMs) oldest = entry;
    }
    if (oldest?.refusal === undefined) return undefined;
    const { segment, sinceMs, refusal: cause, failures: tries } = oldest;
    const { startMs } = segment;
    const camera = formatCameraName(segment);
    return { segments: this.#refused, camera, startMs, sinceMs, tries, cause };
  }
}
