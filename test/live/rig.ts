import { execa } from 'execa';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveHub, type LiveHubOptions } from '../../src/live/live.ts';
import type { LiveViewer } from '../../src/live/viewer.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { RtspClient } from '../../src/media/rtsp/client.ts';
import type { Relay } from '../../src/relay/relay.ts';
import {
  type RtspCamera,
  type RtspCameraOptions,
  startRtspCamera,
} from '../stand-ins/rtsp-camera.ts';
import { type Probed, probe } from '../support/media.ts';
import { ffmpeg } from '../support/tools.ts';
import { eventually } from '../support/until.ts';
import { relayOf } from '../support/relay.ts';

export const small = { width: 320, height: 192, bitsPerSecond: 150_000, video: 'h264' } as const;

export interface Picture {
  /** Of the message's arrival here, ms since 1970 UTC. */
  readonly atMs: number;
  readonly capturedAtMs: number;
  readonly message: Buffer;
}

/** One who watches, and keeps all that it is sent. */
export class Watcher implements LiveViewer {
  readonly #gone = new AbortController();
  readonly texts: { type: string; mime?: string; epochMs?: number; reason?: string }[] = [];
  readonly pictures: Picture[] = [];
  readonly #stream: Buffer[] = [];
  readonly startedAtMs = Date.now();
  closed: string | undefined;
  /** What it says has not been sent yet; undefined: all of what came since it stopped reading. */
  buffered: (() => number) | undefined;
  over = Promise.resolve();

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  sendText(text: string): void {
    this.texts.push(JSON.parse(text) as { type: string });
  }

  sendBinary(bytes: Buffer): void {
    const isInit = bytes.toString('latin1', 4, 8) === 'ftyp';
    this.#stream.push(isInit ? bytes : bytes.subarray(8));
    if (isInit) return;
    this.pictures.push({ atMs: Date.now(), capturedAtMs: bytes.readDoubleBE(0), message: bytes });
  }

  bufferedBytes(): number {
    return this.buffered?.() ?? 0;
  }

  close(reason: string): void {
    this.closed = reason;
  }

  async leave(): Promise<void> {
    this.#gone.abort();
    await this.over;
  }

  get ended(): string | undefined {
    return this.texts.find(({ type }) => type === 'end')?.reason;
  }

  get inits(): number {
    return this.texts.filter(({ type }) => type === 'init').length;
  }

  async hasPictures(count: number, withinMs = 15_000): Promise<void> {
    const wanted = this.pictures.length + count;
    await eventually(`${count} pictures`, withinMs, () => {
      if (this.closed !== undefined) throw new Error(`closed: ${this.closed}`);
      return this.pictures.length >= wanted;
    });
  }

  /** All that it got, decoded. Rejects if anything in it is damaged. */
  async decode(): Promise<Probed> {
    const directory = await mkdtemp(join(tmpdir(), 'live-'));
    try {
      const file = join(directory, 'live.mp4');
      await writeFile(file, Buffer.concat(this.#stream));
      const { stderr } = await execa(ffmpeg(), ['-v', 'warning', '-i', file, '-f', 'null', '-']);
      // Two pictures may be closer than the frame rate says, by which ffmpeg counts when it writes.
      const damage = stderr
        .split('\n')
        .filter((line) => !/^$|non monotonically|Last message repeated/.test(line));
      if (damage.length > 0) throw new Error(damage.join('\n'));
      return await probe(file);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

/** Reads a relay's stream as the archiver does: so that it is never without a viewer. */
export async function keepPlaying(url: string): Promise<RtspClient> {
  const client = new RtspClient(url, { onFrame: () => {}, onFrames: () => {}, onGone: () => {} });
  const control = /^a=control:(track\d+)/m.exec(await client.describe())?.[1] ?? '';
  client.controls = [control];
  await client.setUp(0);
  await client.play();
  return client;
}

/** A camera, its relay with a permanent reader, and a hub that knows the camera as `cam`. */
export class LiveRig implements AsyncDisposable {
  readonly camera: RtspCamera;
  readonly hub: LiveHub;
  readonly watchers: Watcher[] = [];
  relay: Relay | undefined;
  #reader: RtspClient | undefined;

  private constructor(camera: RtspCamera, options: Partial<LiveHubOptions>) {
    this.camera = camera;
    this.hub = new LiveHub({
      relayUrl: (name) => (name === 'cam' ? this.relay?.url : undefined),
      lateMs: () => 0,
      program: ffmpeg(),
      clock: systemClock,
      log: silentLog,
      lingerMs: 300,
      ...options,
    });
  }

  static async start(
    camera: RtspCameraOptions = small,
    options: Partial<LiveHubOptions> = {},
  ): Promise<LiveRig> {
    const rig = new LiveRig(await startRtspCamera(camera), options);
    try {
      await rig.startRelay();
      return rig;
    } catch (error) {
      await rig[Symbol.asyncDispose]();
      throw error;
    }
  }

  async startRelay(): Promise<Relay> {
    const relay = await relayOf(this.camera.url);
    this.#reader = await keepPlaying(relay.url);
    this.relay = relay;
    return relay;
  }

  async stopRelay(): Promise<void> {
    await this.#reader?.[Symbol.asyncDispose]();
    await this.relay?.[Symbol.asyncDispose]();
    this.relay = undefined;
  }

  watch(camera = 'cam', watcher = new Watcher()): Watcher {
    this.watchers.push(watcher);
    watcher.over = this.hub.watch(camera, watcher);
    return watcher;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const watcher of this.watchers) await watcher.leave();
    await this.hub[Symbol.asyncDispose]();
    await this.stopRelay();
    await this.camera[Symbol.asyncDispose]();
  }
}
