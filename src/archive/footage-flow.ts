import type { Clock } from '../lib/clock.ts';
import { farMs, SteadyClock } from '../lib/steady-clock.ts';

export interface FlowLimits {
  /** The longest time without a new picture. */
  readonly stallAfterMs: number;
  /** The longest time until the first picture. */
  readonly firstPictureWithinMs: number;
}

/** The camera has sent no picture, or none that ffmpeg understands. */
export class NoPictureError extends Error {
  override name = 'NoPictureError';
}

/** Pictures came, but have ceased. */
export class StalledError extends Error {
  override name = 'StalledError';
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
  readonly #limits: FlowLimits;
  readonly #samples: FlowSample[] = [];
  #grewAtMs: number;
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
    this.#limits = limits;
    this.#grewAtMs = clock.now();
    this.#checkedAtMs = clock.now();
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
    return forMs > this.#limits.stallAfterMs && this.#measuredInVain >= vainMeasurements;
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
   * Call it regularly. Throws {@link NoPictureError}, {@link StalledError}, {@link NotWrittenError}
   * or {@link ClockSetError}. Missing pictures count only at the second check in a row: if our process
   * itself was held up, it reads ffmpeg's reports between the two checks.
   */
  check(): void {
    const stepMs = this.#clock.behindMs;
    // The times of the present recording would be wrong.
    if (Math.abs(stepMs) > farMs) {
      throw new ClockSetError(`this machine's clock was set by ${(stepMs / 1000).toFixed(1)} s`);
    }
    const nowMs = this.#clock.now();
    if (nowMs - this.#checkedAtMs > blindMs) {
      this.#grewAtMs = nowMs;
      this.#unwrittenSinceMs = undefined;
    }
    this.#checkedAtMs = nowMs;
    const { stallAfterMs, firstPictureWithinMs } = this.#limits;
    if (this.#isUnwritten) {
      throw new NotWrittenError(
        `ffmpeg says that it records, but its file has not grown for ${stallAfterMs / 1000} s`,
      );
    }
    const limitMs = this.frames === 0 ? firstPictureWithinMs : stallAfterMs;
    const isLate = nowMs - this.#grewAtMs > limitMs;
    const wasLate = this.#wasLate;
    this.#wasLate = isLate;
    if (!isLate || !wasLate) return;
    if (this.frames === 0) {
      throw new NoPictureError(`the camera sent no picture within ${limitMs / 1000} s`);
    }
    throw new StalledError(`no picture for ${limitMs / 1000} s: the camera's stream stalled`);
  }
}
