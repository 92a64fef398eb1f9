import type { Archiver } from '../archive/archiver.ts';
import type { ConnectedState } from '../model/camera-state.ts';
import type { Clock } from '../lib/clock.ts';
import type { Relay } from '../relay/relay.ts';
import type { Tunnel } from '../tunnel/tunnel.ts';
import type { CameraLine } from '../stream/camera-line.ts';
import type { LiveSettings } from './settings.ts';
import type { CameraStatus } from '../contract/cameras.ts';

/** A picture that was recorded so long ago is no longer "now": the camera is not recording. */
const freshMs = 10_000;
/** Or so many of its usual pauses between pictures, if that is longer. */
const freshPauses = 3;

/** What can be seen of one camera's life from outside: its life reports, status() answers. */
export class CameraView {
  readonly #tunnel: Tunnel;
  readonly #settings: LiveSettings;
  readonly #clock: Clock;
  #started = false;
  #restarts = 0;
  #failure: string | undefined;
  #line: CameraLine | undefined;
  #now: { readonly relay: Relay; readonly archiver: Archiver } | undefined;
  #lastFootageAtMs: number | undefined;
  /** Pictures recorded by archivers that have ended. */
  #framesBefore = 0;

  constructor(tunnel: Tunnel, settings: LiveSettings, clock: Clock) {
    this.#tunnel = tunnel;
    this.#settings = settings;
    this.#clock = clock;
  }

  starting(line: CameraLine): void {
    this.#line = line;
    this.#started = true;
  }

  /** A failure with the former settings says nothing of a recording with the new ones. */
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

  /** Relay and archiver failed, and are about to be started again. */
  failed(cause: string): void {
    this.#restarts += 1;
    this.#failure = cause;
  }

  /** The address of the relay that runs now. */
  get relayUrl(): string | undefined {
    return this.#now?.relay.url;
  }

  /** How late pictures come from the camera now, in milliseconds; 0 where that can't be known. */
  get lateMs(): number {
    return this.#line?.lateMs ?? 0;
  }

  status(): CameraStatus {
    const archived = this.#now?.archiver.status();
    const lastFootageAtMs = archived?.lastFootageAtMs ?? this.#lastFootageAtMs;
    const forMs = Math.max(freshMs, freshPauses * (archived?.usualPauseMs ?? 0));
    const state = this.#state(archived?.recordedAtMs ?? archived?.lastFootageAtMs, forMs);
    const relay = this.#now?.relay;
    const audioCodec = relay?.media.audio?.codec;
    const pid = this.#now?.archiver.pid;
    return {
      ...this.#tunnel.camera,
      state,
      reason: state === 'recording' ? undefined : this.#failure,
      connectedAtMs: this.#tunnel.connectedAtMs,
      remoteAddress: this.#tunnel.remoteAddress,
      client: this.#tunnel.client,
      profile: this.#settings.present.values.profile,
      picture: archived?.picture,
      audioCodec,
      soundProblem: archived?.soundProblem,
      slowLine: this.#line?.trouble,
      bitsPerSecond: archived?.bitsPerSecond,
      frames: this.#framesBefore + (archived?.frames ?? 0),
      lastFootageAtMs,
      restarts: this.#restarts,
      relay: relay && { pid: relay.pid, port: relay.port, url: relay.url },
      archiver: pid === undefined ? undefined : { pid },
    };
  }

  #state(recordedAtMs: number | undefined, freshForMs: number): ConnectedState {
    if (!this.#started) return 'dialled in';
    if (this.#now === undefined) return this.#failure === undefined ? 'starting' : 'recovering';
    if (recordedAtMs === undefined) return 'awaiting picture';
    return this.#clock.wallNow() - recordedAtMs <= freshForMs ? 'recording' : 'awaiting picture';
  }
}
