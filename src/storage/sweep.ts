import { background } from '../lib/background.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { within } from '../lib/until.ts';
import { httpStatus } from './explain.ts';
import type { Leftovers } from './leftovers.ts';

export interface SweepOptions {
  readonly store: {
    readonly leftovers: Pick<Leftovers, 'list' | 'abort'>;
    explain(error: unknown): string;
  };
  readonly log: Log;
  readonly clock?: Clock;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** An older upload is abandoned: none takes this long, even on the slowest link. */
const abandonedAfterMs = dayMs;

/** The rest waits for the next day's sweep. */
const mostInASweep = 10_000;

/** Timeout of a sweep. What it has removed by then stays removed. */
const sweepWithinMs = hourMs;

/**
 * Removes what killed uploads have left in the bucket, now and once a day, until disposed of.
 * Leftovers cost money, but no listing shows them. Disposal doesn't wait for the store.
 */
export const startSweeps = (options: SweepOptions): AsyncDisposable =>
  background((signal) => sweepDaily(options, signal));

/** Never rejects. */
async function sweepDaily(options: SweepOptions, signal: AbortSignal): Promise<void> {
  const { store, log, clock = systemClock } = options;
  let refused = false;
  while (!signal.aborted) {
    let waitMs = dayMs;
    try {
      await within(sweepWithinMs, 'the sweep', signal, (inTime) => sweep(options, inTime));
      refused = false;
    } catch (error) {
      if (signal.aborted) return;
      const status = httpStatus(error);
      const cause = store.explain(error);
      // The store lacks the operation, so we can't do anything about it.
      if (status === 501 || status === 405) {
        log.debug('the store can not list unfinished uploads', { cause });
      } else if (status === 403 && !refused) {
        refused = true;
        log.warn('unfinished uploads can not be swept: they cost until the bucket drops them', {
          cause,
          needs: 's3:ListBucketMultipartUploads and s3:AbortMultipartUpload',
        });
      } else if (status !== 403) {
        // The uploader reports an outage of the store.
        log.debug('unfinished uploads can not be swept now', { cause });
        waitMs = hourMs;
      }
    }
    // Jitter, so that daemons started together don't all ask at the same time.
    await clock.sleep(waitMs * (0.9 + Math.random() / 10), signal);
  }
}

/** @throws an error of the store */
async function sweep(options: SweepOptions, signal: AbortSignal): Promise<void> {
  const { store, log, clock = systemClock } = options;
  let swept = 0;
  for await (const upload of store.leftovers.list(signal)) {
    if (clock.wallNow() - upload.begunMs < abandonedAfterMs) continue;
    await store.leftovers.abort(upload, signal);
    const { key, begunMs } = upload;
    log.info('an unfinished upload was swept', { key, begunAt: new Date(begunMs).toISOString() });
    swept += 1;
    if (swept === mostInASweep) return;
  }
}
