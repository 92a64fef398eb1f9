import type { GoneAudit } from '../catalog/gone.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { SampleCounts } from '../storage/sample.ts';
import type { UploaderStatus } from '../storage/uploader.ts';

const clock = systemClock;

/** Logs at the start if the bucket can't be used, without waiting for the first segment. */
export function checkStore(store: ObjectStore, log: Log, signal: AbortSignal) {
  let failing: UploaderStatus['failing'];
  const done: Promise<void> = store.check(signal).then(
    () => log.info('the bucket can be used', { bucket: store.name }),
    (error: unknown) => {
      if (signal.aborted) return;
      const cause = describeError(error);
      failing = { sinceMs: clock.wallNow(), cause };
      log.error('the bucket can not be used; footage waits in the spool until it can', { cause });
    },
  );
  return {
    /** Why the check failed; undefined if it didn't, or still runs. */
    get failing() {
      return failing;
    },
    [Symbol.asyncDispose]: (): Promise<void> => done,
  };
}

/** The uploader's status. Until a segment is stored, a failed check at the start counts as failing. */
export function uploadStatus(
  { storedCount, ...status }: UploaderStatus,
  failingAtStart: UploaderStatus['failing'],
  sampled: SampleCounts,
  audited: Pick<GoneAudit, 'found' | 'checked'>,
) {
  const failing = status.failing ?? (storedCount === 0 ? failingAtStart : undefined);
  return {
    ...status,
    stored: storedCount,
    failing,
    sampled,
    gone: audited.found,
    audited: audited.checked,
  };
}
