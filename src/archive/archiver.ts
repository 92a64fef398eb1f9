import { mkdirSync } from 'node:fs';
import { rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from '../lib/child.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { describeError, errorCode } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import { aborted } from '../lib/until.ts';
import type { FinishedFile } from '../model/segment.ts';
import { recordingArguments } from './arguments.ts';
import { type PictureFormat, readLogLine, readPicture } from './ffmpeg-output.ts';
import { finishFile } from './finish.ts';
import { FootageFlow, NoPictureError, StalledError } from './footage-flow.ts';
import { ArchiverHungError, whyHung } from './hang.ts';
import type { Profile, SourceMedia } from './profile.ts';
import { salvage } from './salvage.ts';

export {
  ClockSetError,
  NoPictureError,
  NotWrittenError,
  StalledError,
} from './footage-flow.ts';
export { ArchiverHungError } from './hang.ts';

/** What is recorded. The archiver disposes of it when it ends. */
export interface RecordingSource extends AsyncDisposable {
  /** rtsp:// address of a server whose times are seconds since 1970. */
  readonly url: string;
  /** When the newest picture that it sent was taken, in milliseconds since 1970 UTC. */
  readonly lastPictureAtMs: number | undefined;
}

export interface ArchiverOptions {
  readonly source: RecordingSource;
  readonly media: SourceMedia;
  readonly profile: Profile;
  /** Used only for this run; made if missing. */
  readonly directory: string;
  /**
   * Called when nothing more will be written into the directory. Unless given, the directory is
   * removed if it is empty. @returns whether it is gone
   */
  readonly releaseDirectory?: () => Promise<boolean>;
  /** `ffmpeg` unless given. */
  readonly program?: string;
  /** Files are cut at multiples of this on the clock; a divisor of a day. 60 unless given. */
  readonly segmentSeconds?: number;
  /**
   * Takes over a finished file, one at a time, in the order of recording. If it rejects, the file
   * stays in the run directory and is offered once more at the end.
   */
  readonly onFile: (file: FinishedFile) => Promise<void>;
  readonly stallAfterMs?: number;
  readonly firstPictureWithinMs?: number;
  readonly log: Log;
  readonly clock?: Clock;
}

export interface ArchiverStatus {
  /** The picture as the camera sends it. */
  readonly picture?: PictureFormat;
  /** Bit rate of the recording, over the last seconds. */
  readonly bitsPerSecond?: number;
  /** Number of pictures recorded. */
  readonly frames: number;
  /** When the newest recorded picture was taken: milliseconds since 1970 UTC. */
  readonly lastFootageAtMs?: number;
  /** When it was recorded, which is later where the line is slow. */
  readonly recordedAtMs?: number;
}

/** The ffmpeg that records one camera. */
export interface Archiver extends AsyncDisposable {
  readonly pid: number | undefined;
  status(): ArchiverStatus;
  /** Resolves when the first picture is in its file; never if none is. */
  readonly firstPicture: Promise<void>;
  /**
   * Resolves when `signal` aborts or the archiver is disposed of. Rejects when ffmpeg has died or
   * hangs, or no pictures come or are written, after everything recorded has been handed over.
   */
  ended(signal: AbortSignal): Promise<void>;
}

const checkEachMs = 500;
/** The file size is measured less often, because asking the disk costs more than a check. */
const checksPerMeasurement = 4;

/** The ledger joins segments that are less than this apart. */
const leastPauseMs = 1_000;

const fileName = (index: number): string => `${String(index).padStart(6, '0')}.mp4`;

/** An archiver needs some tens of megabytes, for a 4K camera some hundreds. */
const maxMemoryBytes = 1024 ** 3;
const defaultSegmentSeconds = 60;
const daySeconds = 86_400;

/** Starts to record. Disposal resolves after the last file is finished and handed over. */
export function startArchiver(options: ArchiverOptions): Archiver {
  return new Ffmpeg(options);
}

class Ffmpeg implements Archiver {
  readonly #options: ArchiverOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #complaints: FloodGate;
  readonly #scope = new Scope();
  readonly #life: Promise<Error | undefined>;
  readonly #firstPicture = Promise.withResolvers<void>();
  #child: Child | undefined;
  #flow: FootageFlow;
  #picture: PictureFormat | undefined;
  /** The file that ffmpeg is writing, and the bytes of all files before it. */
  #current = fileName(0);
  #bytesBefore = 0;
  #handedOver: Promise<void> = Promise.resolve();
  /** Of the file that this run of ffmpeg finished last. */
  #endMs: number | undefined;

  constructor(options: ArchiverOptions) {
    const { segmentSeconds = defaultSegmentSeconds, directory, log } = options;
    if (!Number.isInteger(segmentSeconds) || daySeconds % segmentSeconds !== 0) {
      throw new RangeError(`a day can't be cut into segments of ${segmentSeconds} s`);
    }
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = log;
    this.#complaints = new FloodGate(log);
    mkdirSync(directory, { recursive: true });
    this.#flow = this.#newFlow(0);
    this.#life = this.#live().catch((error: Error) => error);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get firstPicture(): Promise<void> {
    return this.#firstPicture.promise;
  }

  status(): ArchiverStatus {
    const { frames, bitsPerSecond, framesPerSecond, lastFootageAtMs, recordedAtMs } = this.#flow;
    const isCopy = this.#options.profile.kind === 'copy';
    // When pictures are copied, the measured rate is more reliable than what the stream declares.
    const measured = isCopy && framesPerSecond ? { framesPerSecond } : {};
    return {
      frames,
      picture: this.#picture === undefined ? undefined : { ...this.#picture, ...measured },
      bitsPerSecond,
      lastFootageAtMs,
      recordedAtMs,
    };
  }

  async ended(signal: AbortSignal): Promise<void> {
    using scope = new Scope(signal, this.#scope.signal);
    const stopped = aborted(scope.signal).then(() => undefined);
    const cause = await Promise.race([stopped, this.#life]);
    if (cause !== undefined) throw cause;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#scope.end();
    await this.#life;
  }

  /** @returns why recording ended; undefined if we ended it */
  async #live(): Promise<Error | undefined> {
    await using _ = this.#options.source;
    try {
      return await this.#recordWithOrWithoutSound();
    } finally {
      // Also after an error: the directory must not count as that of a run which goes on.
      await this.#releaseDirectory();
      this.#complaints[Symbol.dispose]();
    }
  }

  /** @returns why recording ended; undefined if we ended it */
  async #recordWithOrWithoutSound(): Promise<Error | undefined> {
    const { media, firstPictureWithinMs = 15_000 } = this.#options;
    let cause: Error | undefined;
    if (media.audio === undefined) {
      cause = await this.#record(media, firstPictureWithinMs);
    } else {
      cause = await this.#record(media, firstPictureWithinMs / 2);
      // ffmpeg writes nothing before it has recognized the sound. Some cameras announce sound but
      // send none.
      if (cause instanceof NoPictureError) {
        this.#log.warn('nothing came with sound, recording without it', { cause: cause.message });
        const { audio: _, ...silent } = media;
        cause = await this.#record(silent, firstPictureWithinMs / 2);
      }
    }
    if (cause instanceof NoPictureError) {
      cause = new NoPictureError(
        `the camera sent no picture within ${firstPictureWithinMs / 1000} s`,
      );
    }
    return cause;
  }

  /** Runs one ffmpeg, and hands over all that it recorded. */
  async #record(media: SourceMedia, firstPictureWithinMs: number): Promise<Error | undefined> {
    const { source, profile, directory, program = 'ffmpeg' } = this.#options;
    const { segmentSeconds = defaultSegmentSeconds } = this.#options;
    if (this.#scope.signal.aborted) return undefined;
    this.#flow = this.#newFlow(firstPictureWithinMs);
    this.#current = fileName(0);
    this.#bytesBefore = 0;
    this.#endMs = undefined;
    const child = new Child({
      name: 'archiver',
      file: program,
      args: recordingArguments({ source: source.url, media, profile, segmentSeconds }),
      cwd: directory,
      // ffmpeg gives up reading from a vanished camera only at the second signal.
      askAgainAfterMs: 500,
      memoryBytes: maxMemoryBytes,
      onStdoutLine: (line) => this.#readReport(line),
      onStderrLine: (line) => this.#readLog(line),
      isLastWord: (line) => readLogLine(line).isTrouble,
    });
    this.#child = child;
    using watching = new Scope(this.#scope.signal);
    const ends = [child.ended(watching.signal), this.#watch(watching.signal)];
    const cause = await Promise.race(ends).then(
      () => undefined,
      (error: Error) => error,
    );
    watching.end();
    await Promise.allSettled(ends);
    await child.stop();
    await this.#handedOver;
    for (const file of await salvage(directory, this.#log)) await this.#finish(file.path);
    return cause;
  }

  #newFlow(firstPictureWithinMs: number): FootageFlow {
    const { stallAfterMs = 8_000 } = this.#options;
    return new FootageFlow(this.#clock, { stallAfterMs, firstPictureWithinMs });
  }

  async #watch(signal: AbortSignal): Promise<void> {
    for (let check = 0; !signal.aborted; check += 1) {
      await this.#clock.sleep(checkEachMs, signal);
      if (signal.aborted) return;
      await this.#check();
      const isUnknown = this.#flow.bitsPerSecond === undefined || !this.#flow.hasFootage;
      if (isUnknown || check % checksPerMeasurement === 0) await this.#measure();
    }
  }

  async #check(): Promise<void> {
    try {
      this.#flow.check();
    } catch (error) {
      const isSilence = error instanceof NoPictureError || error instanceof StalledError;
      const { pid } = this;
      if (!isSilence || pid === undefined) throw error;
      const hung = await whyHung(pid, Number(new URL(this.#options.source.url).port));
      throw hung === undefined ? error : new ArchiverHungError(hung);
    }
  }

  /** Tells the flow how many bytes were recorded, which ffmpeg doesn't report. */
  async #measure(): Promise<void> {
    const size = (await this.#sizeOf(this.#current)) ?? 0;
    this.#flow.recorded(this.#bytesBefore + size);
    if (this.#flow.hasFootage) this.#firstPicture.resolve();
  }

  /** Hands over a file that ffmpeg has finished. Never rejects, since nobody waits for it until the end. */
  async #handOver(name: string): Promise<void> {
    // Without its size only the bit rate is wrong. What is wrong with the file, #finish logs.
    this.#bytesBefore += (await this.#sizeOf(name).catch(() => 0)) ?? 0;
    this.#current = fileName(Number.parseInt(name, 10) + 1);
    await this.#finish(join(this.#options.directory, name));
  }

  async #finish(path: string): Promise<void> {
    try {
      const file = await finishFile(path);
      if (file !== undefined) await this.#options.onFile(this.#withPause(file));
      else this.#log.info('a file without a picture was deleted', { file: path });
    } catch (error) {
      this.#log.warn('a file of footage could not be handed over, it stays in the run directory', {
        file: path,
        cause: describeError(error),
      });
    }
  }

  /** Adds the time without a picture since the file before. */
  #withPause(file: FinishedFile): FinishedFile {
    const { startMs, durationMs } = file;
    const endMs = this.#endMs ?? startMs;
    this.#endMs = startMs + durationMs;
    if (startMs - endMs < leastPauseMs) return file;
    return { ...file, pauseBefore: { startMs: endMs, durationMs: startMs - endMs } };
  }

  async #releaseDirectory(): Promise<void> {
    const { directory, releaseDirectory = () => rmdir(directory).then(() => true) } = this.#options;
    try {
      if (await releaseDirectory()) return;
      this.#log.warn('footage stays in the run directory until it can be handed over', {
        directory,
      });
    } catch (error) {
      const cause = describeError(error);
      this.#log.warn('a run directory could not be removed', { directory, cause });
    }
  }

  async #sizeOf(name: string): Promise<number | undefined> {
    try {
      return (await stat(join(this.#options.directory, name))).size;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Takes from a line of ffmpeg's output a finished file's name or the number of pictures. */
  #readReport(line: string): void {
    if (/^\d{6}\.mp4$/.test(line)) {
      this.#handedOver = this.#handedOver.then(() => this.#handOver(line));
      return;
    }
    const frames = /^frame=\s*(\d+)$/.exec(line)?.[1];
    if (frames === undefined) return;
    this.#flow.progress(Number(frames), this.#options.source.lastPictureAtMs);
  }

  #readLog(line: string): void {
    this.#picture ??= readPicture(line);
    const { isTrouble, text, kind } = readLogLine(line);
    if (isTrouble && text !== '') this.#complaints.warn(kind, 'ffmpeg complains', { text });
  }
}
