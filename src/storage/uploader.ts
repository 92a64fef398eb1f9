import { unwaited } from '../lib/background.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { formatCameraName } from '../model/camera-name.ts';
import { Scope } from '../lib/scope.ts';
import type { Segment } from '../model/segment.ts';
import type { Spool } from '../spool/spool.ts';
import { LocalFileError } from './content.ts';
import { type ObjectStore, uploadsAtOnce } from './object-store.ts';
import type { StoreTrouble } from './explain.ts';
import { type Attempt, type Failing, Outage } from './outage.ts';
import type { RefusedSegments } from '../contract/status.ts';
import { Postponed } from './postponed.ts';
import type { Proof } from './proof.ts';
import { UploadQueue } from './queue.ts';

export interface UploaderOptions {
  readonly spool: Spool;
  readonly store: ObjectStore;
  /** Limit of parallel uploads, over all cameras; 16 unless given. */
  readonly concurrency?: number;
  /** Notes that a segment is stored. Awaited before its file is deleted; may be called twice. */
  readonly onStored: (segment: Segment, proof: Proof) => Promise<void> | void;
  /**
   * Notes that a segment will never be stored. Awaited before a damaged file is set aside or a
   * missing file is forgotten; called again later if it fails. May be called twice for a segment.
   */
  readonly onLost?: (segment: Segment, detail: string) => Promise<void> | void;
  /** Called after each upload, successful or not. Must not throw. */
  readonly onTried?: (outcome: 'stored' | 'failed', tookMs: number) => void;
  readonly log: Log;
  readonly clock?: Clock;
  /** Back-off between two tries, doubling; 1 s to 60 s unless given. */
  readonly retry?: { readonly minMs: number; readonly maxMs: number };
  /** How long disposal waits for uploads under way; 10 s unless given. */
  readonly graceMs?: number;
}

export interface UploaderStatus {
  readonly uploading: number;
  readonly waiting: number;
  /** Uploads begun since the start of the uploader, whatever their result. */
  readonly begun: number;
  /** Since the start of the uploader. */
  readonly storedCount: number;
  readonly storedBytes: number;
  /** Milliseconds since 1970 UTC. */
  readonly lastStoredAtMs?: number;
  /** Present during an outage of the store. */
  readonly failing?: Failing;
  /** Segments that the store does not take while it takes others; absent if there are none. */
  readonly refused?: RefusedSegments;
  /** Start of the oldest segment that waits and isn't refused. */
  readonly oldestMs?: number;
}

/** No upload begins while those under way hold this many bytes. */
const memoryBytes = 256 * 1024 * 1024;

/** How often we try to read a file before we give it up. */
const readsAttempted = 3;

/** After so many failures that are about one object, the object is to blame, even if no other waits. */
const triesInDoubt = 2;

/** The queue is looked at again at least this often. */
const longestSleepMs = 60_000;

/** Uploads segments from the spool to the bucket until it is disposed of. */
export const startUploader = (options: UploaderOptions): Uploader => new Uploader(options);

/**
 * Puts, proves and notes each segment, and only then deletes its file. A segment whose file is not
 * what its name says is set aside; all others are retried for ever.
 */
export class Uploader implements AsyncDisposable {
  readonly #options: UploaderOptions;
  readonly #clock: Clock;
  readonly #queue: UploadQueue;
  readonly #outage: Outage;
  readonly #gate: FloodGate;
  /** Ends when no new uploads may begin. */
  readonly #taking = new Scope();
  /** Ends when uploads under way must abort. */
  readonly #uploading = new Scope();
  /** Uploads under way, by path of the segment. */
  readonly #running = new Map<string, { readonly bytes: number; readonly done: Promise<void> }>();
  readonly #postponed: Postponed;
  readonly #done: Promise<void>;
  #probing = false;
  #begun = 0;
  /** How many segments the store was proven to hold. */
  #proven = 0;
  #wake: () => void = () => {};
  #stored: { count: number; bytes: number; lastAtMs?: number } = { count: 0, bytes: 0 };

  /** Use {@link startUploader}. */
  constructor(options: UploaderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const retry = options.retry ?? { minMs: 1_000, maxMs: 60_000 };
    this.#postponed = new Postponed({ clock: this.#clock, retry });
    this.#queue = new UploadQueue(options.spool);
    this.#gate = new FloodGate(options.log);
    this.#outage = new Outage({
      concurrency: options.concurrency ?? uploadsAtOnce,
      clock: this.#clock,
      log: options.log,
      probe: retry,
      waiting: () => this.#waiting(),
    });
    options.spool.changes(
      (segment) => {
        this.#queue.announce(segment);
        this.#wake();
      },
      this.#taking.signal,
      (segment) => {
        this.#queue.forget(segment);
        this.#postponed.forget(segment);
      },
    );
    this.#done = this.#run();
  }

  status(): UploaderStatus {
    const { count, bytes, lastAtMs } = this.#stored;
    const failing = this.#outage.failing;
    return {
      uploading: this.#running.size,
      waiting: this.#waiting(),
      begun: this.#begun,
      storedCount: count,
      storedBytes: bytes,
      lastStoredAtMs: lastAtMs,
      failing,
      refused: this.#postponed.refused(),
      oldestMs: this.#oldestMs(),
    };
  }

  /** Begins no more uploads, gives those under way the grace time, then aborts them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#taking.end();
    await this.#done;
    const running = Promise.all([...this.#running.values()].map(({ done }) => done));
    using grace = new Scope();
    await Promise.race([running, this.#clock.sleep(this.#options.graceMs ?? 10_000, grace.signal)]);
    // A cut request leaves no object: the store creates one only from a whole body.
    this.#uploading.end();
    await running;
    this.#gate[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    const { signal } = this.#taking;
    while (!signal.aborted) {
      using pause = new Scope(signal);
      // Set before looking, so that a segment that comes meanwhile ends the sleep.
      this.#wake = () => pause.end();
      this.#fill();
      await this.#clock.sleep(this.#untilNextMs(), pause.signal);
    }
  }

  #fill(): void {
    while (
      this.#running.size < this.#outage.allowed(this.#probing, this.#running.size) &&
      this.#bytesRunning() < memoryBytes
    ) {
      const segment = this.#next();
      if (segment === undefined) return;
      this.#start(segment);
    }
  }

  #next(): Segment | undefined {
    const isFree = ({ path }: Segment) => !this.#running.has(path);
    const outage = this.#outage.failing !== undefined;
    // One that was refused while others were stored says nothing of an outage.
    const due = this.#queue.next(
      (segment) =>
        isFree(segment) &&
        this.#postponed.isDue(segment) &&
        !(outage && this.#postponed.isRefused(segment)),
    );
    if (due !== undefined || !outage) return due;
    // During an outage, any segment will do as a probe, even one that is not due yet.
    return (
      this.#queue.next((segment) => isFree(segment) && !this.#postponed.isRefused(segment)) ??
      this.#queue.next(isFree)
    );
  }

  #start(segment: Segment): void {
    this.#begun += 1;
    const held = this.#options.spool.hold(segment);
    const attempt = this.#outage.attempt();
    if (attempt.probe) this.#probing = true;
    const done = this.#upload(segment, attempt).finally(() => {
      if (attempt.probe) this.#probing = false;
      this.#running.delete(segment.path);
      held[Symbol.dispose]();
      this.#wake();
    });
    unwaited(done, this.#options.log, 'an upload ended with an error');
    this.#running.set(segment.path, { bytes: segment.bytes, done });
  }

  /** Never rejects. */
  async #upload(segment: Segment, attempt: Attempt): Promise<void> {
    const { store, spool, onStored, onTried = () => {} } = this.#options;
    const startedAt = this.#clock.now();
    let proof: Proof;
    try {
      proof = await store.put(segment, this.#uploading.signal);
    } catch (error) {
      if (this.#uploading.signal.aborted) return;
      if (error instanceof LocalFileError) return await this.#unreadable(segment, error, attempt);
      onTried('failed', this.#clock.now() - startedAt);
      this.#failed(segment, store.trouble(error), attempt);
      return;
    }
    onTried('stored', this.#clock.now() - startedAt);
    this.#proven += 1;
    if (this.#outage.failing !== undefined) this.#postponed.makeDue();
    this.#postponed.forget(segment);
    this.#outage.succeeded();
    try {
      await onStored(segment, proof);
      await spool.remove(segment);
    } catch (error) {
      this.#postpone(segment, attempt);
      this.#complain('a stored segment could not be noted and deleted here', segment, {
        cause: describeError(error),
      });
      return;
    }
    this.#stored = {
      count: this.#stored.count + 1,
      bytes: this.#stored.bytes + segment.bytes,
      lastAtMs: this.#clock.wallNow(),
    };
  }

  #failed(segment: Segment, trouble: StoreTrouble, attempt: Attempt): void {
    const isStubborn = trouble.ofObject && this.#postponed.failures(segment) >= triesInDoubt;
    const isOwn = isStubborn || this.#postponed.isOwn(segment, this.#proven);
    const wasRefused = this.#postponed.isRefused(segment);
    this.#postponed.add(segment, this.#proven, isOwn ? trouble.words : undefined);
    if (!isOwn) return this.#outage.failed(trouble, attempt, segment.path);
    this.#outage.refused(attempt);
    if (wasRefused) return;
    this.#complain('the store does not take a segment; the others are uploaded', segment, {
      cause: trouble.words,
    });
  }

  async #unreadable(segment: Segment, error: LocalFileError, attempt: Attempt): Promise<void> {
    const { spool, log, onLost = () => {} } = this.#options;
    const isAway = error.reason === 'gone' && !(await spool.isHere());
    if (isAway || error.reason === 'busy' || this.#mayPass(segment, error)) {
      this.#postpone(segment, attempt);
      this.#complain('a segment can not be read now', segment, { cause: describeError(error) });
      return;
    }
    try {
      await onLost(segment, describeError(error));
      const camera = formatCameraName(segment);
      if (error.reason === 'gone') {
        await spool.remove(segment);
        const { path } = segment;
        log.error('a segment was deleted before it was stored', { camera, path });
      } else {
        const path = await spool.setAside(segment);
        const cause = describeError(error);
        log.error('a damaged segment was set aside, not stored', { camera, path, cause });
      }
    } catch (cause) {
      this.#postpone(segment, attempt);
      this.#complain('a damaged segment could not be noted and set aside', segment, {
        cause: describeError(cause),
      });
    }
  }

  /** Whether to retry: a read error may pass, but wrong content stays wrong. */
  #mayPass(segment: Segment, error: LocalFileError): boolean {
    const isReadError = error.reason === 'damaged' && error.cause !== undefined;
    return isReadError && this.#postponed.failures(segment) < readsAttempted;
  }

  /** For trouble on this machine: during an outage, the next probe has to wait all the same. */
  #postpone(segment: Segment, attempt: Attempt): void {
    this.#postponed.add(segment, this.#proven);
    this.#outage.refused(attempt);
  }

  #complain(message: string, segment: Segment, { cause }: { readonly cause: string }): void {
    this.#gate.warn(message, message, {
      camera: formatCameraName(segment),
      path: segment.path,
      cause,
    });
  }

  #untilNextMs(): number {
    const now = this.#clock.now();
    let nextAt = now + longestSleepMs;
    const { probeAt } = this.#outage;
    if (probeAt === undefined) {
      // When all slots are busy, the upload that finishes wakes us.
      nextAt = Math.min(nextAt, this.#postponed.nextAt());
    } else if (probeAt > now) nextAt = Math.min(nextAt, probeAt);
    return Math.max(0, Math.ceil(nextAt - now));
  }

  #bytesRunning(): number {
    let bytes = 0;
    for (const running of this.#running.values()) bytes += running.bytes;
    return bytes;
  }

  #oldestMs(): number | undefined {
    const { spool } = this.#options;
    if (this.#postponed.refused() === undefined) return spool.usage().oldestMs;
    let oldestMs: number | undefined;
    for (const camera of spool.cameras()) {
      const segment = spool.oldest(camera, (one) => !this.#postponed.isRefused(one));
      if (segment === undefined) continue;
      oldestMs = Math.min(oldestMs ?? segment.startMs, segment.startMs);
    }
    return oldestMs;
  }

  #waiting(): number {
    return Math.max(0, this.#options.spool.usage().files - this.#running.size);
  }
}
