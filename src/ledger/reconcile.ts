import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { formatCameraName } from '../lib/names.ts';
import { Scope } from '../lib/scope.ts';
import type { LossQueries } from './losses.ts';
import type { SegmentQueries } from './segments.ts';
import type { SegmentRecord, StoredProof } from './types.ts';

export interface ReconciliationOptions {
  readonly ledger: Pick<LossQueries, 'spooledSegments' | 'lost'> & Pick<SegmentQueries, 'stored'>;
  /** What lies in the spool now. */
  readonly inSpool: readonly { readonly sha256: string; readonly startMs: number }[];
  readonly store: {
    /** Reads a segment in the bucket; undefined if there is none of its content. */
    find(segment: SegmentRecord, signal: AbortSignal): Promise<StoredProof | undefined>;
  };
  readonly clock: Clock;
  readonly log: Log;
  /** Between two tries while the bucket doesn't answer; 30 s unless given. */
  readonly retryMs?: number;
}

/**
 * What the ledger expects in the spool and isn't there is looked for in the bucket: the ledger may be
 * an older one, put back. What isn't there either is lost, and told.
 */
export function startReconciliation(options: ReconciliationOptions): AsyncDisposable {
  const here = new Set(options.inSpool.map(nameOf));
  const absent = options.ledger.spooledSegments().filter((segment) => !here.has(nameOf(segment)));
  const life = new Scope();
  const done = reconcile(absent, options, life.signal);
  return {
    [Symbol.asyncDispose]: async () => {
      life[Symbol.dispose]();
      await done;
    },
  };
}

const nameOf = ({ sha256, startMs }: { readonly sha256: string; readonly startMs: number }) =>
  `${startMs} ${sha256}`;

/** Never rejects. */
async function reconcile(
  absent: readonly SegmentRecord[],
  { ledger, store, clock, log, retryMs = 30_000 }: ReconciliationOptions,
  signal: AbortSignal,
): Promise<void> {
  for (const segment of absent) {
    const fields = {
      camera: formatCameraName(segment),
      start: new Date(segment.startMs).toISOString(),
    };
    for (;;) {
      try {
        const proof = await store.find(segment, signal);
        if (signal.aborted) return;
        if (proof === undefined) {
          ledger.lost(segment, 'segment lost', 'its file was gone when the daemon started');
          log.error('a segment is neither in the spool nor in the bucket', fields);
        } else {
          ledger.stored(segment, proof);
          log.info('a segment that was not in the spool is in the bucket', fields);
        }
        break;
      } catch {
        // That the store is away is for the uploader to say.
        await clock.sleep(retryMs * (0.5 + Math.random() / 2), signal);
        if (signal.aborted) return;
      }
    }
  }
}
