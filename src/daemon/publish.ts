import { createReadStream } from 'node:fs';
import { holesIn } from '../archive/finish.ts';
import { salvage } from '../archive/salvage.ts';
import type { Reconciler } from '../catalog/reconcile.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { HoleNote } from '../ledger/segments.ts';
import { repeated } from '../lib/background.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError, errorCode, isSqliteError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { LongWork } from '../lib/long-work.ts';
import { readInit } from '../media/mp4/stream.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { FinishedFile, Hole, Segment, SegmentInit } from '../model/segment.ts';
import type { Load } from '../monitor/load.ts';
import type { CameraLine } from '../stream/camera-line.ts';
import type { Spool } from '../spool/spool.ts';

const clock = systemClock;

const leftoversEveryMs = 30_000;
/** How long a start waits for segments that the ledger lacks. The others are noted meanwhile. */
const startWithinMs = 5_000;

/** What may explain that pictures are missing in a period. */
export interface KnownTroubles {
  readonly line?: Pick<CameraLine, 'between'>;
  readonly server?: Pick<Load, 'between'>;
}

/** Where footage is published. */
export interface Destination {
  readonly spool: Pick<Spool, 'publish' | 'leftovers' | 'releaseRunDirectory' | 'segments'>;
  readonly ledger: Pick<Ledger, 'segments'>;
}

/**
 * Makes finished files segments, in the spool and in the ledger. A file that is in the spool is
 * noted in the ledger with its holes, all of it or nothing; while the ledger can't be written, the
 * segment waits for that, and footage flows on. All of it can be repeated after a crash between any
 * two steps.
 */
export class Publisher implements AsyncDisposable {
  readonly #to: Destination;
  readonly #log: Log;
  readonly #gate: FloodGate;
  readonly #parts = new AsyncDisposableStack();
  /** Segments in the spool that the ledger lacks, by path, with their holes where these are known. */
  readonly #unnoted = new Map<
    string,
    { readonly segment: Segment; readonly holes?: readonly HoleNote[] }
  >();
  /** Why files of ended runs can't be published, by run directory. */
  readonly #stuck = new Map<string, string>();

  constructor(to: Destination, log: Log) {
    this.#to = to;
    this.#log = log;
    this.#gate = this.#parts.use(new FloodGate(log));
  }

  /** What keeps footage from the spool; undefined if nothing does. */
  get problem(): string | undefined {
    const [first] = this.#stuck;
    if (first === undefined) return undefined;
    return `footage of ${this.#stuck.size} ended recordings can't be taken into the spool, such as ${first[0]}: ${first[1]}`;
  }

  /**
   * Publishes the files that a kill or a power cut left in the spool, and notes what the ledger lacks.
   * Afterwards, periodically retries what could not be published or noted, for example because a disk
   * was full.
   */
  async start(
    reconciler: Pick<Reconciler, 'doubtAllBut'>,
    everyMs = leftoversEveryMs,
  ): Promise<void> {
    await this.#publishLeftovers();
    const inSpool = this.#to.spool.segments();
    reconciler.doubtAllBut(inSpool);
    const work = new LongWork();
    for (const segment of inSpool) {
      await work.rest();
      if (!this.#to.ledger.segments.knows(segment)) {
        this.#unnoted.set(segment.path, { segment });
      }
    }
    const startedAt = clock.now();
    await this.#noteUnnoted(() => clock.now() - startedAt < startWithinMs);
    const again = async (): Promise<void> => {
      await this.#noteUnnoted();
      await this.#publishLeftovers();
    };
    const trouble = 'leftover recordings can not be looked for';
    this.#parts.use(repeated(everyMs, again, { clock, log: this.#log, trouble }));
  }

  /**
   * Publishes a finished file. Idempotent.
   *
   * @param known tells why pictures are missing; of a file that an earlier run left, nobody knows
   * @throws if the file can't be published; the file then stays where it was
   */
  async publish(camera: CameraName, file: FinishedFile, known?: KnownTroubles): Promise<void> {
    const segment = await this.#to.spool.publish(camera, file);
    const holes: HoleNote[] = (file.holes ?? []).map((hole) => noted(hole, known));
    const { pauseBefore } = file;
    if (pauseBefore !== undefined) holes.push({ ...noted(pauseBefore, known), isBefore: true });
    this.#unnoted.set(segment.path, { segment, holes });
    await this.#tryToNote(segment);
  }

  /**
   * To be called before a segment's file is deleted: notes it, if that could not be done yet.
   *
   * @throws if the ledger can't be written
   */
  async beforeDeletion(segment: Segment): Promise<void> {
    if (this.#unnoted.has(segment.path)) await this.#note(segment);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }

  async #noteUnnoted(goOn: () => boolean = () => true): Promise<void> {
    for (const { segment } of this.#unnoted.values()) {
      if (!goOn()) return;
      // What is at fault with one file is not with the next, but with the ledger it is.
      if (isSqliteError(await this.#tryToNote(segment))) return;
    }
  }

  /** @returns why it could not be noted */
  async #tryToNote(segment: Segment): Promise<unknown> {
    try {
      await this.#note(segment);
      return undefined;
    } catch (error) {
      this.#gate.warn('note', 'a segment is in the spool, but the ledger lacks it until later', {
        camera: formatCameraName(segment),
        path: segment.path,
        cause: describeError(error),
      });
      return error;
    }
  }

  async #note(segment: Segment): Promise<void> {
    const { path, startMs } = segment;
    const holes = this.#unnoted.get(path)?.holes ?? (await holesUnlessGone(path, startMs));
    if (holes !== undefined) {
      this.#to.ledger.segments.spooled(segment, await initOf(path), holes);
    }
    this.#unnoted.delete(path);
  }

  async #publishLeftovers(): Promise<void> {
    const before = new Set(this.#stuck.keys());
    for (const { camera, path } of await this.#to.spool.leftovers()) {
      before.delete(path);
      const cameraLog = this.#log.child({ camera: formatCameraName(camera) });
      try {
        for (const file of await salvage(path, cameraLog)) {
          await this.publish(camera, file);
          cameraLog.info('footage of an earlier run was salvaged', {
            start: new Date(file.startMs).toISOString(),
            durationMs: file.durationMs,
          });
        }
        await this.#to.spool.releaseRunDirectory(path);
        this.#stuck.delete(path);
      } catch (error) {
        this.#stuck.set(path, describeError(error));
        this.#gate.warn(path, 'footage of an earlier run could not be published yet', {
          camera: formatCameraName(camera),
          directory: path,
          cause: describeError(error),
        });
      }
    }
    for (const path of before) this.#stuck.delete(path);
  }
}

/** Undefined if the file is gone: what became of it is for others to find out. */
async function holesUnlessGone(
  path: string,
  startMs: number,
): Promise<readonly HoleNote[] | undefined> {
  try {
    return (await holesIn(path, startMs)).map((hole) => noted(hole));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function noted(hole: Hole, { line, server }: KnownTroubles = {}): HoleNote {
  const endMs = hole.startMs + hole.durationMs;
  const ofServer = server?.between(hole.startMs, endMs);
  if (ofServer !== undefined) return { ...hole, cause: ofServer.cause, detail: ofServer.detail };
  const slow = line?.between(hole.startMs, endMs);
  return slow === undefined
    ? { ...hole, cause: 'stream stalled', detail: 'no picture came' }
    : { ...hole, cause: 'line too slow', detail: slow };
}

/** The file's init, kept in the ledger so that it need not be read from the bucket later. */
async function initOf(path: string): Promise<SegmentInit | undefined> {
  try {
    return (await readInit(createReadStream(path, { end: 65_535 })))?.summary;
  } catch {
    // The file may already have been stored and deleted. Playback then reads the init from the bucket.
    return undefined;
  }
}
