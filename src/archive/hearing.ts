/** The camera announced sound, and sends none, or none that can be recorded. */
export class NoSoundError extends Error {
  override name = 'NoSoundError';
}

/** Sound that was given up comes after all. */
export class SoundCameError extends Error {
  override name = 'SoundCameError';
}

/** What is known of a camera's sound. */
export interface Heard {
  /** Number of pictures that came. */
  readonly pictures: number;
  /** Whether sound has come. */
  readonly hasSound: boolean;
  readonly problems: { readonly sound?: string | undefined };
}

/** How long sound may come later than the first picture before recording begins without it. */
const soundWithinMs = 2_000;
/** A recording without sound goes on at least so long: what comes then ends its file. */
const silentForMs = 5_000;

/** Judges whether one run of ffmpeg should go on with the sound that it records, or without sound. */
export class Hearing {
  readonly #wanted: boolean;
  readonly #mayCome: boolean;
  #picturesSinceMs: number | undefined;

  /**
   * @param wanted whether the run records sound
   * @param mayCome whether one without sound may end because sound comes
   */
  constructor(wanted: boolean, mayCome: boolean) {
    this.#wanted = wanted;
    this.#mayCome = mayCome;
  }

  /**
   * Throws {@link NoSoundError} or {@link SoundCameError}.
   *
   * @param frames number of pictures recorded
   * @param nowMs monotonic milliseconds
   */
  check({ pictures, hasSound, problems }: Heard, frames: number, nowMs: number): void {
    if (pictures > 0) this.#picturesSinceMs ??= nowMs;
    const picturesForMs = nowMs - (this.#picturesSinceMs ?? Infinity);
    if (this.#wanted && problems.sound !== undefined) throw new NoSoundError(problems.sound);
    // ffmpeg writes nothing before it has recognized the sound. Some cameras announce sound but send
    // none, or send it later.
    if (this.#wanted && !hasSound && frames === 0 && picturesForMs > soundWithinMs) {
      throw new NoSoundError('the camera announces sound, and sends none');
    }
    const mayCome = !this.#wanted && this.#mayCome && problems.sound === undefined;
    if (mayCome && hasSound && picturesForMs > silentForMs) throw new SoundCameError('it came');
  }
}
