import type { Archiver } from '../archive/archiver.ts';
import type { ConnectedState } from '../model/camera-state.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Relay } from '../relay/relay.ts';
import type { Tunnel } from '../tunnel/tunnel.ts';
import type { LiveSettings } from './settings.ts';
import type { CameraStatus } from '../contract/cameras.ts';

/** Footage this old is no longer "now": the camera is not recording. */
const freshMs = 10_000;

/** What can be seen of one camera's life from outside. The life writes it; status() reads it. */
export class CameraView {
  readonly #tunnel: Tunnel;
  readonly #settings: LiveSettings;
  readonly #clock: Clock;
  #started = false;
  #restarts = 0;
  #failure: string | undefined;
  #now: { readonly relay: Relay; readonly archiver: Archiver } | undefined;
  #lastFootageAtMs: number | undefined;
  /** Of archivers that have ended. */
  #framesBefore = 0;

  constructor(tunnel: Tunnel, settings: LiveSettings, clock: Clock) {
    this.#tunnel = tunnel;
    this.#settings = settings;
    this.#clock = clock;
  }

  starting(): void {
    this.#started = true;
  }

  /** What failed with the settings before says nothing of the recording with those that hold now. */
  settingsChanged(): void {
    this.#failure = undefined;
  }

  /** Shows a running relay and archiver until disposed. */
  show(relay: Relay, archiver: Archiver): Disposable {
    this.#now = { relay, archiver };
    return {
      [Symbol.dispose]: () => {
        const { lastFootageAtMs, frames } = archiver.status();
        this.#lastFootageAtMs = lastFootageAtMs ?? this.#lastFootageAtMs;
        this.#framesBefore += frames;
        this.#now = undefined;
      },
    };
  }

  /** The log for the supervisor of the recording: it also notes each restart and its cause here. */
  noting(log: Log): Log {
    return {
      error: (message, fields) => log.error(message, fields),
      info: (message, fields) => log.info(message, fields),
      debug: (message, fields) => log.debug(message, fields),
      child: (fields) => log.child(fields),
      warn: (message, fields) => {
        this.#restarts += 1;
        this.#failure = typeof fields?.['cause'] === 'string' ? fields['cause'] : message;
        log.warn(message, fields);
      },
    };
  }

  /** Of the relay that runs now. */
  get relayUrl(): string | undefined {
    return this.#now?.relay.url;
  }

  status(): CameraStatus {
    const archived = this.#now?.archiver.status();
    const lastFootageAtMs = archived?.lastFootageAtMs ?? this.#lastFootageAtMs;
    const state = this.#state(archived?.lastFootageAtMs);
    const audioCodec = this.#now?.relay.media.audio?.codec;
    const pid = this.#now?.archiver.pid;
    return {
      ...this.#tunnel.camera,
      state,
      ...(state === 'recording' || this.#failure === undefined ? {} : { reason: this.#failure }),
      connectedAtMs: this.#tunnel.connectedAtMs,
      remoteAddress: this.#tunnel.remoteAddress,
      client: this.#tunnel.client,
      profile: this.#settings.present.values.profile,
      ...(archived?.picture === undefined ? {} : { picture: archived.picture }),
      ...(audioCodec === undefined ? {} : { audioCodec }),
      ...(archived?.bitsPerSecond === undefined ? {} : { bitsPerSecond: archived.bitsPerSecond }),
      frames: this.#framesBefore + (archived?.frames ?? 0),
      ...(lastFootageAtMs === undefined ? {} : { lastFootageAtMs }),
      restarts: this.#restarts,
      ...(this.#now === undefined
        ? {}
        : {
            relay: {
              pid: this.#now.relay.pid,
              port: this.#now.relay.port,
              url: this.#now.relay.url,
            },
          }),
      ...(pid === undefined ? {} : { archiver: { pid } }),
    };
  }

  #state(lastFootageAtMs: number | undefined): ConnectedState {
    if (!this.#started) return 'dialled in';
    if (this.#now === undefined) return this.#failure === undefined ? 'starting' : 'recovering';
    if (lastFootageAtMs === undefined) return 'awaiting picture';
    return this.#clock.wallNow() - lastFootageAtMs <= freshMs ? 'recording' : 'awaiting picture';
  }
}
