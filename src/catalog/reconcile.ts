import { type Clock, systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { GapCause } from '../model/gap-cause.ts';
import type { Log } from '../lib/log.ts';
import { formatCameraName } from '../model/camera-name.ts';
import { Scope } from '../lib/scope.ts';
import type { SegmentQueries } from '../ledger/segments.ts';
import type { SegmentRecord, StoredProof } from '../model/segment.ts';

export interface ReconcilerOptions {
  readonly ledger: { readonly segments: Pick<SegmentQueries, 'inSpool' | 'lost' | 'stored'> };
  readonly store: {
    /** Reads a segment in the bucket; undefined if there is none of its content. */
    find(segment: SegmentRecord, signal: AbortSignal): Promise<StoredProof | undefined>;
  };
  readonly log: Log;
  readonly clock?: Clock;
  /** Between two tries while the bucket doesn't answer; 10 s unless given. */
  readonly retryMs?: number;
}

const mostDropped = 10_000;

interface Doubt {
  readonly segment: SegmentRecord;
  readonly cause: GapCause;
  /** What became of the file in the spool. */
  readonly detail: string;
}

/**
 * Finds out what became of segments whose file is gone from the spool, though they were never noted
 * as stored. They may be in the bucket nevertheless: a daemon can die between the store's proof and
 * the note of it, or an older ledger was put back. A segment that is not there is lost, and logged so.
 */
export class Reconciler implements AsyncDisposable {
  readonly #options: ReconcilerOptions;
  readonly #clock: Clock;
  readonly #life = new Scope();
  readonly #doubts = new Map<string, Doubt>();
  #working: Promise<void> | undefined;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Takes note that a segment's file is dropped for want of room. The segment counts as lost at once,
   * so that the file may be deleted; if the bucket turns out to have it, it counts as stored.
   */
  dropped(segment: SegmentRecord, detail: string): void {
    this.#options.ledger.segments.lost(segment, 'disk full', detail);
    // An outage of weeks may drop any number.
    if (this.#doubts.size < mostDropped) this.#doubt({ segment, cause: 'disk full', detail });
  }

  /** Takes note that a segment's file is gone or damaged, and why. */
  doubt(segment: SegmentRecord, detail: string): void {
    this.#doubt({ segment, cause: 'segment lost', detail });
  }

  #doubt(doubt: Doubt): void {
    if (this.#life.signal.aborted) return;
    this.#doubts.set(nameOf(doubt.segment), doubt);
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  /** At the start: doubts all segments that the ledger expects in the spool, except those given. */
  doubtAllBut(inSpool: readonly Pick<SegmentRecord, 'sha256' | 'startMs'>[]): void {
    const here = new Set(inSpool.map(nameOf));
    for (const segment of this.#options.ledger.segments.inSpool()) {
      if (!here.has(nameOf(segment))) {
        this.doubt(segment, 'its file was gone when the daemon started');
      }
    }
  }

  /** Segments that are still in doubt are doubted again at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#life[Symbol.dispose]();
    await this.#working;
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    const { log, retryMs = 10_000 } = this.#options;
    const { signal } = this.#life;
    using gate = new FloodGate(log);
    for (;;) {
      const [next] = this.#doubts;
      if (next === undefined || signal.aborted) return;
      const [name, doubt] = next;
      try {
        await this.#settle(doubt, signal);
        this.#doubts.delete(name);
      } catch (error) {
        if (signal.aborted) return;
        gate.warn('doubt', 'whether the bucket has a segment that is gone here is not known yet', {
          camera: formatCameraName(doubt.segment),
          cause: describeError(error),
        });
        await this.#clock.sleep(retryMs * (0.5 + Math.random() / 2), signal);
      }
    }
  }

  async #settle({ segment, cause, detail }: Doubt, signal: AbortSignal): Promise<void> {
    const { ledger, store, log } = this.#options;
    const proof = await store.find(segment, signal);
    signal.throwIfAborted();
    const fields = {
      camera: formatCameraName(segment),
      start: new Date(segment.startMs).toISOString(),
      detail,
    };
    if (proof !== undefined) {
      ledger.segments.stored(segment, proof);
      log.info('a segment that is gone here is in the bucket', fields);
    } else if (cause === 'segment lost') {
      ledger.segments.lost(segment, cause, detail);
      log.error('a segment is lost: it is neither here nor in the bucket', fields);
    }
  }
}

const nameOf = ({ sha256, startMs }: Pick<SegmentRecord, 'sha256' | 'startMs'>): string =>
  `${startMs} ${sha256}`;
