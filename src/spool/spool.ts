import { lstat, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemClock } from '../lib/clock.ts';
import { describeError, errorCode } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { Scope } from '../lib/scope.ts';
import { syncDirectory } from '../lib/sync-directory.ts';
import { explainTrouble, inPlainWords } from './disk-trouble.ts';
import { Dropper } from './dropper.ts';
import { makeDirectory } from './durable.ts';
import { DiskUnusableError } from '../lib/disk-full.ts';
import { Flusher } from './flusher.ts';
import { DiskGuard, probeName } from './guard.ts';
import { folders, Home } from './home.ts';
import { Inventory, type SpoolUsage } from './inventory.ts';
import type { SpoolStatus } from '../contract/status.ts';
import { Limit } from './limit.ts';
import { lockSpool } from './lock.ts';
import type { SpoolOptions } from './options.ts';
import { publishFile } from './publish.ts';
import {
  findRunDirectories,
  newRunPath,
  removeIfEmpty,
  type RunDirectory,
} from './run-directories.ts';
import { type Changes, Scanner } from './scan.ts';
import type { FinishedFile, Segment } from '../model/segment.ts';
import { spareName } from './spare.ts';
import { watchTree } from './watch.ts';
import { Watchers } from './watchers.ts';

/** Many cameras end a segment in the same second, and each costs a buffer and disk time. */
const publishedAtOnce = 8;

/** Rescans take about a twentieth of all time at most. */
const rescanShare = 20;

/**
 * Opens a spool and makes its missing directories. All its segments are known when this resolves.
 *
 * ```
 * DIR/recording/ACCOUNT/CAMERA/RUN/      where archivers write
 * DIR/ready/ACCOUNT/CAMERA/NAME.mp4      segments: whole, named by content, not yet proven stored
 * DIR/damaged/ACCOUNT/CAMERA/NAME.mp4    content doesn't match the name; not uploaded
 * DIR/dropped.ACCOUNT.CAMERA.NAME.mp4    being deleted for lack of room
 * DIR/spare                              deleted when the disk is full, to make room for the ledger
 * DIR/lock
 * ```
 *
 * @throws OperatorError if another process uses the spool, or its disk is too small for the limits.
 */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { directory } = options;
  await using owned = new AsyncDisposableStack();
  if (options.isLocked !== true) owned.use(await lockSpool(directory));
  for (const name of folders) await makeDirectory(join(directory, name));
  const spool = new Spool(options, await Home.of(directory), owned.move());
  try {
    await spool.start();
    return spool;
  } catch (error) {
    await spool[Symbol.asyncDispose]();
    throw error;
  }
}

/** The directory of segments that are not yet proven to be in the bucket. */
export class Spool implements AsyncDisposable {
  readonly directory: string;
  /** Whether there is room to record. */
  readonly disk: DiskGuard;
  readonly #home: Home;
  readonly #dropper: Dropper;
  readonly #flusher: Flusher;
  readonly #log: Log;
  readonly #rescanMs: number;
  readonly #scope = new Scope();
  readonly #gate: FloodGate;
  readonly #inventory: Inventory;
  readonly #scanner: Scanner;
  readonly #watchers: Watchers;
  readonly #publishing = new Limit(publishedAtOnce);
  readonly #resources = new AsyncDisposableStack();
  /** Paths of segments that must not be dropped now, because they are in use. */
  readonly #held = new Set<string>();
  /** Paths of the directories of runs that have not ended. */
  readonly #runs = new Set<string>();
  /** Paths of segments that we are removing ourselves. */
  readonly #leaving = new Set<string>();
  readonly #onVanished: (segment: Segment) => void;
  #rescans: Promise<void> = Promise.resolve();

  /** Use {@link openSpool}. */
  constructor(options: SpoolOptions, home: Home, lock: AsyncDisposable) {
    this.directory = options.directory;
    this.#home = home;
    this.#log = options.log;
    this.#watchers = new Watchers(options.log);
    this.#onVanished = options.onVanished ?? (() => {});
    this.#rescanMs = options.rescanMs ?? 5_000;
    this.#resources.use(lock);
    this.#gate = this.#resources.use(new FloodGate(options.log));
    this.#inventory = new Inventory((camera, name) => join(this.#ready(camera), name));
    const changes: Changes = {
      added: (segment) => this.#watchers.tell('added', segment),
      removed: (segment) => {
        if (!this.#leaving.has(segment.path)) this.#vanished(segment);
        this.#watchers.tell('removed', segment);
      },
    };
    this.#scanner = new Scanner(
      join(this.directory, 'ready'),
      this.#inventory,
      changes,
      options.log,
      () => this.isHere(),
    );
    this.#dropper = new Dropper({
      directory: this.directory,
      gate: this.#gate,
      oldest: () => this.#inventory.oldestOfAll(({ path }) => !this.#held.has(path)),
      hide: (segment) => this.#hide(segment),
      onDropped: options.onDropped ?? (() => {}),
    });
    this.disk = new DiskGuard({
      directory: this.directory,
      limits: options.disk ?? {},
      log: options.log,
      gate: this.#gate,
      clock: systemClock,
      everyMs: options.measureMs ?? 2_000,
      readyBytes: () => this.#inventory.bytes,
      dropper: this.#dropper,
      home,
    });
    this.#resources.use(this.disk);
    this.#flusher = this.#resources.use(new Flusher(this.directory, options.log));
  }

  /** Reads the directory and begins to follow it. Only for {@link openSpool}, once. */
  async start(): Promise<void> {
    await this.#sweep();
    await this.#scanner.all(this.#scope.signal);
    await this.disk.start();
    const onPath = (path: string): void => {
      this.#scanner.one(path).catch((error: unknown) => this.#readFailed(error));
    };
    this.#resources.use(watchTree(join(this.directory, 'ready'), onPath, this.#gate));
    this.#rescans = this.#rescan();
  }

  /**
   * Whether the directory that was opened is still at its path. If not, a file that is missing there
   * is not deleted.
   */
  isHere(): Promise<boolean> {
    return this.#home.isHere();
  }

  /**
   * Makes a directory for one run of a camera's archiver. Release it when the run has ended.
   *
   * @throws OperatorError if the disk is full or broken; DiskUnusableError if it is not there.
   */
  async runDirectory(camera: CameraName): Promise<string> {
    const path = newRunPath(join(this.directory, 'recording'), camera);
    // Before the directory exists, lest it is taken for a leftover.
    this.#runs.add(path);
    try {
      await this.#home.require();
      await makeDirectory(path);
      // Another disk may have been mounted over the spool meanwhile.
      await this.#home.require();
      this.#flusher.start();
      return path;
    } catch (error) {
      this.#runs.delete(path);
      this.disk.noteTrouble(error);
      if (error instanceof DiskUnusableError) throw error;
      throw inPlainWords(error, `${formatCameraName(camera)} has no directory to record into`);
    }
  }

  /**
   * Notes that a run has ended. Removes its directory if that is empty; otherwise it counts as a
   * leftover from now on. @returns whether the directory is gone.
   */
  releaseRunDirectory(path: string): Promise<boolean> {
    this.#runs.delete(path);
    if (this.#runs.size === 0) this.#flusher.stop();
    return removeIfEmpty(path);
  }

  /** Directories of ended runs that still hold files. Removes the empty ones. */
  async leftovers(): Promise<readonly RunDirectory[]> {
    const remaining: RunDirectory[] = [];
    for (const run of await findRunDirectories(join(this.directory, 'recording'))) {
      if (!this.#runs.has(run.path) && !(await removeIfEmpty(run.path))) remaining.push(run);
    }
    return remaining;
  }

  /**
   * Makes a finished file a segment. Content and name are on the disk when this resolves.
   * Idempotent.
   *
   * @throws OperatorError if the disk is full or broken; DiskUnusableError if it is not there, and the
   *   file lies on another; Error for an empty or growing file. The file then stays where it was.
   */
  async publish(camera: CameraName, file: FinishedFile): Promise<Segment> {
    const find = (startMs: number, durationMs: number): Segment | undefined =>
      this.#inventory.oldest(
        camera,
        (segment) => segment.startMs === startMs && segment.durationMs === durationMs,
      );
    try {
      // A segment on a disk that was mounted over the spool would be gone with that disk.
      await this.#home.require();
      const segment = await this.#publishing.run(() =>
        publishFile(this.#ready(camera), camera, file, find),
      );
      // It may have been seen, stored and deleted before its name was safely on the disk.
      await this.#scanner.one(segment.path);
      return segment;
    } catch (error) {
      // publishFile() wraps the system's error as the cause.
      this.disk.noteTrouble(error instanceof Error ? error.cause : error);
      throw error;
    }
  }

  /** All segments, read from the directory, the oldest first. */
  async list(): Promise<Segment[]> {
    await this.#scanner.all(this.#scope.signal);
    return this.#inventory.all();
  }

  /** All segments, without reading the directory, the oldest first. */
  segments(): Segment[] {
    return this.#inventory.all();
  }

  /** The cameras that have segments here, without reading the directory. */
  cameras(): CameraName[] {
    return this.#inventory.cameras();
  }

  /** The segment of a camera with a file of that name, without reading the directory. */
  find(camera: CameraName, fileName: string): Segment | undefined {
    return this.#inventory.get(camera, fileName);
  }

  /** The oldest segment of a camera for which `accept` is true, without reading the directory. */
  oldest(camera: CameraName, accept: (segment: Segment) => boolean): Segment | undefined {
    return this.#inventory.oldest(camera, accept);
  }

  /** Deletes a segment's file. Idempotent. */
  async remove(segment: Segment): Promise<void> {
    // No sync: a file that reappears after a power cut is only uploaded again, to the same key.
    await this.#leave(segment, () => rm(segment.path, { force: true }));
  }

  /** Moves a segment that can't be uploaded to damaged/. @returns its new path. */
  async setAside(segment: Segment): Promise<string> {
    const directory = join(this.directory, 'damaged', segment.account, segment.camera);
    await makeDirectory(directory);
    let path = join(directory, basename(segment.path));
    const taken = await lstat(path).catch(() => undefined);
    if (taken !== undefined) path += `.${Date.now()}`;
    await this.#leave(segment, () => rename(segment.path, path));
    await syncDirectory(directory);
    return path;
  }

  /** Keeps a segment from being dropped, however full the disk is, until the result is disposed. */
  hold({ path }: Segment): Disposable {
    this.#held.add(path);
    const held = new DisposableStack();
    held.defer(() => this.#held.delete(path));
    return held;
  }

  /** What waits here, in total and per camera, and the disk's state. Doesn't read the directory. */
  usage(): SpoolStatus & SpoolUsage {
    return { ...this.#inventory.usage(), disk: this.disk.status };
  }

  /**
   * Until `signal` aborts, calls `onSegment` once for each present and each new segment, and
   * `onRemoved` when a segment has gone.
   */
  changes(
    onSegment: (segment: Segment) => void,
    signal: AbortSignal,
    onRemoved: (segment: Segment) => void = () => {},
  ): void {
    if (signal.aborted) return;
    this.#watchers.add({ added: onSegment, removed: onRemoved }, signal);
    for (const segment of this.#inventory.all()) onSegment(segment);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#scope.end();
    this.#watchers.clear();
    await this.#rescans;
    await this.#resources[Symbol.asyncDispose]();
  }

  async #rescan(): Promise<void> {
    let tookMs = 0;
    for (;;) {
      await systemClock.sleep(Math.max(this.#rescanMs, tookMs * rescanShare), this.#scope.signal);
      if (this.#scope.signal.aborted) return;
      const startedAt = systemClock.now();
      await this.#scanner
        .all(this.#scope.signal)
        .catch((error: unknown) => this.#readFailed(error));
      tookMs = systemClock.now() - startedAt;
    }
  }

  #ready(camera: CameraName): string {
    return join(this.directory, 'ready', camera.account, camera.camera);
  }

  #found(camera: CameraName, { path, bytes }: Segment): void {
    const added = this.#inventory.add(camera, basename(path), bytes);
    if (added !== undefined) this.#watchers.tell('added', added);
  }

  async #leave(segment: Segment, go: () => Promise<void>): Promise<void> {
    this.#leaving.add(segment.path);
    try {
      await go();
      this.#gone(segment);
    } finally {
      this.#leaving.delete(segment.path);
    }
  }

  #vanished(segment: Segment): void {
    const fields = { camera: formatCameraName(segment), path: segment.path };
    this.#log.error('a segment was deleted before it was stored', fields);
    try {
      this.#onVanished(segment);
    } catch (error) {
      this.#log.error('a lost segment could not be noted', {
        ...fields,
        cause: describeError(error),
      });
    }
  }

  #gone(segment: Segment): void {
    const removed = this.#inventory.remove(segment, basename(segment.path));
    if (removed !== undefined) this.#watchers.tell('removed', removed);
  }

  #hide(segment: Segment) {
    const hidden = this.#inventory.hide(segment.path);
    this.#gone(segment);
    return {
      gone: () => hidden[Symbol.dispose](),
      back: () => {
        hidden[Symbol.dispose]();
        this.#found(segment, segment);
      },
    };
  }

  /** Finishes what a crash left half done, and reports files that are not the spool's. */
  async #sweep(): Promise<void> {
    const own = [...folders, 'lock', probeName, spareName, 'lost+found'];
    const names = await this.#dropper.adopt();
    if (names.includes(probeName)) {
      await rm(join(this.directory, probeName), { force: true });
      this.#log.info('a file that an earlier process tried the disk with was deleted');
    }
    for (const name of names.filter((found) => !own.includes(found))) {
      const path = join(this.directory, name);
      this.#log.warn('something in the spool does not belong there and is left alone', { path });
    }
    await this.#dropper.finish();
  }

  #readFailed(error: unknown): void {
    this.#gate.warn(`read ${errorCode(error)}`, "the spool can't be read in part", {
      cause: describeError(error),
      hint: explainTrouble(error) ?? 'check the owner and mode of the spool, and the disk (dmesg)',
    });
  }
}
