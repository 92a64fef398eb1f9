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
  /** Aborts when others take their place; the reason names those that changed. */
  readonly replaced: AbortSignal;
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

  /** @param what the names of the settings that changed, and nothing secret */
  replace(values: CameraSettings, what: string): void {
    const before = this.#replacement;
    this.#replacement = new AbortController();
    this.#present = { values, replaced: this.#replacement.signal };
    before.abort(new Error(what));
  }
}
