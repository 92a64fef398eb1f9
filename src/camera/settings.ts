import type { ToldCause } from '../model/gap-cause.ts';

/** What the operator said about one camera. */
export interface CameraSettings {
  /** Path of the stream at the camera's RTSP server, beginning with `/`. */
  readonly rtspPath: string;
  readonly rtspUser?: string;
  readonly rtspPassword?: string;
  readonly profile: 'copy' | 'downsample';
}

/** Settings, for as long as they hold. */
export interface PresentSettings {
  readonly values: CameraSettings;
  /** Aborts with a {@link SettingsReplacedError} when others take their place. */
  readonly replaced: AbortSignal;
}

/** Other settings took the place of those in force. */
export class SettingsReplacedError extends Error {
  override name = 'SettingsReplacedError';
  readonly told: ToldCause;

  constructor(told: ToldCause) {
    super(told.detail);
    this.told = told;
  }
}

/** The settings of a camera that is connected, which the operator may change meanwhile. */
export class LiveSettings {
  #present: PresentSettings;
  #replacement = new AbortController();

  constructor(values: CameraSettings) {
    this.#present = { values, replaced: this.#replacement.signal };
  }

  get present(): PresentSettings {
    return this.#present;
  }

  /** @param told why the recording begins anew; nothing secret is in it */
  replace(values: CameraSettings, told: ToldCause): void {
    const before = this.#replacement;
    this.#replacement = new AbortController();
    this.#present = { values, replaced: this.#replacement.signal };
    before.abort(new SettingsReplacedError(told));
  }
}
