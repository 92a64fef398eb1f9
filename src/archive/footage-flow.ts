import type { Clock } from '../lib/clock.ts';
import { farMs, SteadyClock } from '../lib/steady-clock.ts';

export interface FlowLimits {
  /** The longest time without a new picture. */
  readonly stallAfterMs: number;
  /** The longest time until the first picture. */
  readonly firstPictureWithinMs: number;
}

/** The camera has sent no picture, or none with which a recording can begin. */
export class NoPictureError extends Error {
  override name = 'NoPictureError';
}

/** Pictures came, but have ceased. */
export class StalledError extends Error {
  override name = 'StalledError';
}

/** The camera sends what can't be recorded, or not what it has announced. */
export class UnreadableError extends Error {
  override name = 'UnreadableError';
}

/** Pictures come, but ffmpeg, which reads them, makes nothing of them. */
export class NotRecordedError extends Error {
  override name = 'NotRecordedError';
}

/** Pictures are said to be recorded, but the file doesn't grow. */
export class NotWrittenError extends Error {
  override name = 'NotWrittenError';
}

/** The clock that dates the pictures was set. */
export class ClockSetError extends Error {
  override name = 'ClockSetError';
}

/** The period over which the bit rate is averaged. */
const windowMs = 10_000;
/** Silence is a stall only if it is so many times longer than this camera's pauses usually are. */
const pausesToStall = 3;
/** Before that is known, the second picture may take this many times as long as the first. */
const secondPicturePatience = 2;
/** How long pictures may come of which none is a key frame, with which a recording begins. */
const keyFrameWithinMs = 600_000;
/** How long ffmpeg may record nothing of the pictures that come, after it has recorded some. */
const recordedWithinMs = 30_000;
/** Checks that lie further apart than this say that this process stood still, and saw nothing. */
const blindMs = 3_000;
/** So many measurements must find that the file doesn't grow: one may be late, as we may be. */
const vainMeasurements = 3;

interface FlowSample {
  readonly atMs: number;
  readonly bytes: number;
  readonly frames: number;
}

/** Watches whether pictures come and are written, and measures their rates. */
export class FootageFlow {
  readonly #clock: SteadyClock;
  readonly limits: FlowLimits;
  readonly #samples: FlowSample[] = [];
  #grewAtMs: number;
  /** When the camera's newest picture came. */
  #cameAtMs: number;
  #pictures = 0;
  #usualPauseMs: number | undefined;
  #checkedAtMs: number;
  #wasLate = false;
  /** As measured last. */
  #bytes = 0;
  /** The picture that ffmpeg told of last: when it was taken and told of, milliseconds since 1970 UTC. */
  #newest: { readonly takenAtMs: number; readonly recordedAtMs: number } | undefined;
  /** Since when there are pictures that came after the file last grew. */
  #unwrittenSinceMs: number | undefined;
  #framesWritten = 0;
  /** Measurements since then that found the file no larger. */
  #measuredInVain = 0;
  frames = 0;
  /** When the newest picture was taken, and when it was recorded: milliseconds since 1970 UTC. */
  lastFootageAtMs: number | undefined;
  recordedAtMs: number | undefined;

  constructor(clock: Clock, limits: FlowLimits) {
    this.#clock = new SteadyClock(clock);
    this.limits = limits;
    this.#grewAtMs = clock.now();
    this.#cameAtMs = this.#grewAtMs;
    this.#checkedAtMs = clock.now();
  }

  /**
   * Takes the number of pictures that came from the camera, whether or not ffmpeg can record them.
   *
   * @param usualPauseMs between two of them; undefined while that is not known
   */
  came(pictures: number, usualPauseMs: number | undefined): void {
    if (pictures > this.#pictures) this.#cameAtMs = this.#clock.now();
    this.#pictures = pictures;
    this.#usualPauseMs = usualPauseMs;
  }

  /** How long this camera may be silent. */
  get #patienceMs(): number {
    const { stallAfterMs, firstPictureWithinMs } = this.limits;
    if (this.frames === 0 && this.#pictures === 0) return firstPictureWithinMs;
    const longestMs =
      this.#usualPauseMs === undefined
        ? secondPicturePatience * firstPictureWithinMs
        : pausesToStall * this.#usualPauseMs;
    return this.#pictures === 0 ? stallAfterMs : Math.max(stallAfterMs, longestMs);
  }

  /** For how long pictures have come of which ffmpeg recorded none; 0 if none came. */
  get unrecordedMs(): number {
    return Math.max(0, this.#cameAtMs - this.#grewAtMs);
  }

  /**
   * Takes the number of pictures that ffmpeg has recorded.
   *
   * @param takenAtMs when the newest of them was taken, in milliseconds since 1970 UTC; now unless given
   */
  progress(frames: number, takenAtMs = this.#clock.wallNow()): void {
    if (frames <= this.frames) return;
    this.frames = frames;
    this.#grewAtMs = this.#clock.now();
    this.#unwrittenSinceMs ??= this.#grewAtMs;
    this.#newest = { takenAtMs, recordedAtMs: this.#clock.wallNow() };
    if (this.hasFootage && !this.#isUnwritten) this.#hasRecordedNewest();
  }

  /** Whether pictures went on coming while the file did not grow. A stalled camera is no such case. */
  get #isUnwritten(): boolean {
    const forMs = this.#grewAtMs - (this.#unwrittenSinceMs ?? Infinity);
    return forMs > this.#patienceMs && this.#measuredInVain >= vainMeasurements;
  }

  /** Whether a picture is in the file. */
  get hasFootage(): boolean {
    return this.#framesWritten > 0;
  }

  #hasRecordedNewest(): void {
    this.lastFootageAtMs = this.#newest?.takenAtMs;
    this.recordedAtMs = this.#newest?.recordedAtMs;
  }

  /** Takes the number of bytes recorded so far. */
  recorded(bytes: number): void {
    const atMs = this.#clock.now();
    if (bytes > this.#bytes) {
      this.#framesWritten = this.frames;
      this.#unwrittenSinceMs = undefined;
      this.#measuredInVain = 0;
      if (this.hasFootage) this.#hasRecordedNewest();
    } else if (this.#unwrittenSinceMs !== undefined) this.#measuredInVain += 1;
    this.#bytes = bytes;
    this.#samples.push({ atMs, bytes, frames: this.frames });
    while ((this.#samples[0]?.atMs ?? atMs) < atMs - windowMs) this.#samples.shift();
  }

  get bitsPerSecond(): number | undefined {
    const rate = this.#perSecond(({ bytes }) => bytes * 8);
    return rate && Math.round(rate);
  }

  /** Recorded frames per second, rounded to a tenth. */
  get framesPerSecond(): number | undefined {
    const rate = this.#perSecond(({ frames }) => frames);
    return rate && Math.round(rate * 10) / 10;
  }

  #perSecond(count: (sample: FlowSample) => number): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < 1_000) {
      return undefined;
    }
    return ((count(last) - count(first)) * 1_000) / (last.atMs - first.atMs);
  }

  /**
   * Call it regularly. Throws {@link NoPictureError}, {@link StalledError}, {@link NotRecordedError},
   * {@link NotWrittenError} or {@link ClockSetError}. Missing pictures count only at the second check in
   * a row: if our process itself was held up, it reads what came meanwhile between the two checks.
   */
  check(): void {
    this.#checkClock();
    const nowMs = this.#clock.now();
    if (nowMs - this.#checkedAtMs > blindMs) {
      this.#grewAtMs = nowMs;
      this.#cameAtMs = nowMs;
      this.#unwrittenSinceMs = undefined;
    }
    this.#checkedAtMs = nowMs;
    const limitMs = this.#patienceMs;
    const seconds = `${Math.round(limitMs / 1000)} s`;
    if (this.#isUnwritten) {
      throw new NotWrittenError(
        `ffmpeg says that it records, but its file has not grown for ${seconds}`,
      );
    }
    this.#checkRecorded();
    const isLate = nowMs - Math.max(this.#cameAtMs, this.#grewAtMs) > limitMs;
    const wasLate = this.#wasLate;
    this.#wasLate = isLate;
    if (!isLate || !wasLate) return;
    if (this.frames === 0 && this.#pictures === 0) {
      throw new NoPictureError(`the camera sent no picture within ${seconds}`);
    }
    throw new StalledError(`no picture for ${seconds}: the camera's stream stalled`);
  }

  #checkClock(): void {
    const stepMs = this.#clock.behindMs;
    // The times of the present recording would be wrong.
    if (Math.abs(stepMs) <= farMs) return;
    throw new ClockSetError(`this machine's clock was set by ${(stepMs / 1000).toFixed(1)} s`);
  }

  #checkRecorded(): void {
    if (this.frames === 0 && this.unrecordedMs > keyFrameWithinMs) {
      throw new NoPictureError(
        `pictures came for ${keyFrameWithinMs / 60_000} minutes, but no key frame, with which a recording can begin`,
      );
    }
    const limitMs = Math.max(recordedWithinMs, this.#patienceMs);
    if (this.frames > 0 && this.unrecordedMs > limitMs) {
      throw new NotRecordedError(
        `pictures come, but ffmpeg has recorded none of them for ${Math.round(limitMs / 1000)} s`,
      );
    }
  }
}
