import { unwaited } from '../lib/background.ts';
import type { Clock } from '../lib/clock.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import type { RecordingState, ToldCause } from '../model/gap-cause.ts';
import type { Log } from '../lib/log.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { Scope } from '../lib/scope.ts';
import type { Tunnel } from '../tunnel/tunnel.ts';
import { type CameraParts, type NotedParts, runCamera } from './camera.ts';
import { CameraView } from './camera-view.ts';
import { whyGone } from './gap-causes.ts';
import { takePicture } from './picture.ts';
import { type CameraSettings, LiveSettings } from './settings.ts';
import type { CameraStatus } from '../contract/cameras.ts';

export interface FleetOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** ffmpeg, for single pictures. */
  readonly pictureProgram: string;
  /** What the operator said about a camera; undefined if it was removed or disabled. */
  settingsOf(camera: CameraName): CameraSettings | undefined;
  partsFor(camera: CameraName, log: Log): CameraParts;
  /** Notes what the recording of a camera does from now on. */
  note(camera: CameraName, state: RecordingState, detail: string): void;
}

const pictureWithinMs = 10_000;
/** Pictures taken at a time: each costs as much as reading a camera does. */
const maxPictures = 4;

interface Life {
  readonly tunnel: Tunnel;
  readonly settings: LiveSettings;
  readonly view: CameraView;
  ended: Promise<void>;
}

/** The lives of all cameras that are connected. */
export class Fleet implements AsyncDisposable {
  readonly #options: FleetOptions;
  readonly #shutdown = new Scope();
  /** The life that dialled in last, by the camera's name. */
  readonly #newest = new Map<string, Life>();
  readonly #lives = new Set<Life>();
  readonly #pictures = new Set<Promise<unknown>>();
  /** Names of cameras whose pictures are copied, though they should be made smaller. */
  readonly #lightened = new Set<string>();

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /**
   * Begins the life of a camera that dialled in. An older life of the same camera that is still
   * finishing its last segment goes on beside it: they share nothing.
   */
  admit(tunnel: Tunnel): void {
    const values = this.#settingsOf(tunnel.camera);
    if (values === undefined || this.#shutdown.signal.aborted) {
      tunnel.close(
        values === undefined ? 'the camera was removed or disabled' : 'the daemon is stopping',
      );
      return;
    }
    const name = formatCameraName(tunnel.camera);
    const log = this.#options.log.child({ camera: name });
    const settings = new LiveSettings(values);
    const view = new CameraView(tunnel, settings, this.#options.clock);
    const parts = this.#options.partsFor(tunnel.camera, log);
    // Once the tunnel is closed, that alone says why there is no footage.
    const note: NotedParts['note'] = (state, detail) => {
      if (!tunnel.closed.aborted) this.#note(tunnel, log, state, detail);
    };
    const onGone = (): void => {
      this.#note(tunnel, log, 'camera offline', whyGone(tunnel.closed.reason));
    };
    const life: Life = { tunnel, settings, view, ended: Promise.resolve() };
    this.#lives.add(life);
    this.#newest.set(name, life);
    tunnel.closed.addEventListener('abort', onGone, { once: true });
    life.ended = this.#live(tunnel, settings, { ...parts, note }, view, log).finally(() => {
      this.#lives.delete(life);
      if (this.#newest.get(name) === life) this.#newest.delete(name);
    });
    unwaited(life.ended, log, 'the recording of a camera ended with an error');
  }

  /**
   * Notes what the recording of a camera does, unless somebody else does: the daemon its own stop, a
   * newer life of the camera, or whoever disabled or removed the camera.
   */
  #note(tunnel: Tunnel, log: Log, state: RecordingState, detail: string): void {
    const camera = formatCameraName(tunnel.camera);
    if (this.#shutdown.signal.aborted || this.#newest.get(camera)?.tunnel !== tunnel) return;
    try {
      if (this.#options.settingsOf(tunnel.camera) === undefined) return;
      this.#options.note(tunnel.camera, state, detail);
    } catch (error) {
      // Such as a disk without room for the note. The recording goes on.
      const cause = describeError(error);
      log.warn('what the recording does could not be noted', { state, detail, cause });
    }
  }

  /** All connected cameras, in the order of their names. */
  statuses(): CameraStatus[] {
    return [...this.#lives]
      .filter(({ tunnel }) => !tunnel.closed.aborted)
      .map(({ view }) => view.status())
      .sort((a, b) => (formatCameraName(a) < formatCameraName(b) ? -1 : 1));
  }

  /** The address of a camera's relay; undefined if it is not connected or has no stream yet. */
  relayUrl(camera: CameraName): string | undefined {
    const life = this.#newest.get(formatCameraName(camera));
    return life?.tunnel.closed.aborted === false ? life.view.relayUrl : undefined;
  }

  /** How late pictures come from a camera now, in milliseconds; 0 where that can't be known. */
  lateMs(camera: CameraName): number {
    return this.#newest.get(formatCameraName(camera))?.view.lateMs ?? 0;
  }

  /**
   * Lets the recording of a camera begin anew with its present settings. Its tunnel stays.
   *
   * @param what the names of the settings that changed, and nothing secret
   * @returns whether it is connected; if not, the settings hold from its next dial-in on
   */
  settingsChanged(camera: CameraName, what: string): boolean {
    return this.#beginAnew(camera, { cause: 'settings changed', detail: what });
  }

  #beginAnew(camera: CameraName, told: ToldCause): boolean {
    const settings = this.#settingsOf(camera);
    const life = this.#newest.get(formatCameraName(camera));
    if (settings === undefined || life?.tunnel.closed.aborted !== false) return false;
    life.settings.replace(settings, told);
    return true;
  }

  /** Names of connected cameras whose pictures are encoded anew, which costs most. */
  get heavy(): string[] {
    return [...this.#newest]
      .filter(([, { settings }]) => settings.present.values.profile === 'downsample')
      .map(([name]) => name);
  }

  get lightened(): string[] {
    return [...this.#lightened];
  }

  /** Lets a camera's pictures be copied for now, since the server can't keep up. */
  lighten(name: string): void {
    const camera = this.#newest.get(name)?.tunnel.camera;
    if (camera === undefined) return;
    this.#lightened.add(name);
    const detail = 'the server can not keep up: pictures are copied instead of made smaller';
    this.#beginAnew(camera, { cause: 'server overloaded', detail });
  }

  restore(name: string): void {
    this.#lightened.delete(name);
    const camera = this.#newest.get(name)?.tunnel.camera;
    if (camera === undefined) return;
    const detail = 'the server keeps up again: pictures are made smaller';
    this.#beginAnew(camera, { cause: 'server overloaded', detail });
  }

  #settingsOf(camera: CameraName): CameraSettings | undefined {
    const settings = this.#options.settingsOf(camera);
    if (settings === undefined || !this.#lightened.has(formatCameraName(camera))) return settings;
    return { ...settings, profile: 'copy' };
  }

  /** Closes the tunnel of a camera, if it is connected. */
  disconnect(camera: CameraName, reason: string): void {
    const name = formatCameraName(camera);
    for (const { tunnel } of this.#lives) {
      if (formatCameraName(tunnel.camera) === name) tunnel.close(reason);
    }
  }

  /**
   * What a camera shows now, as JPEG. Read from its relay, so that the camera has no more work.
   *
   * @throws {OperatorError} if it is not connected, has no stream yet, or too many ask at a time
   */
  async picture(camera: CameraName, signal: AbortSignal): Promise<Buffer> {
    const name = formatCameraName(camera);
    const status = this.statuses().findLast((one) => formatCameraName(one) === name);
    if (status?.relay === undefined) {
      throw new OperatorError(
        status === undefined
          ? `${name} is not connected, so there is no picture of it.`
          : `${name} is ${status.state}, there is no picture of it yet. Try again in a few seconds.`,
      );
    }
    if (this.#pictures.size >= maxPictures) {
      throw new OperatorError(
        `${maxPictures} pictures are being taken already. Try again in a few seconds.`,
      );
    }
    using scope = new Scope(this.#shutdown.signal, signal);
    const taking = takePicture({
      program: this.#options.pictureProgram,
      relayUrl: status.relay.url,
      withinMs: pictureWithinMs,
      signal: scope.signal,
    });
    const settled = taking.catch(() => {});
    this.#pictures.add(settled);
    try {
      return await taking;
    } finally {
      this.#pictures.delete(settled);
    }
  }

  /** Ends all lives; resolves when their last segments are published and their programs gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#shutdown.end(new Error('the daemon is stopping'));
    await Promise.all([...[...this.#lives].map(({ ended }) => ended), ...this.#pictures]);
  }

  async #live(
    tunnel: Tunnel,
    settings: LiveSettings,
    parts: NotedParts,
    view: CameraView,
    log: Log,
  ): Promise<void> {
    log.info('camera dialled in', { address: tunnel.remoteAddress, client: tunnel.client });
    try {
      await runCamera(tunnel, settings, parts, view, this.#shutdown.signal);
    } catch (error) {
      if (!tunnel.closed.aborted && !this.#shutdown.signal.aborted) {
        // A camera does one thing by itself: it dials again. That starts it afresh.
        log.warn('camera can not be recorded, closing its tunnel', { cause: describeError(error) });
        tunnel.close(describeError(error));
      }
    }
    const reason = tunnel.closed.aborted ? tunnel.closed.reason : this.#shutdown.signal.reason;
    log.info('camera disconnected', { reason: describeError(reason) });
  }
}
