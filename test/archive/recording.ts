import { mkdtemp, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Archiver, type ArchiverOptions, startArchiver } from '../../src/archive/archiver.ts';
import { downsample, type Profile, type SourceMedia } from '../../src/archive/profile.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { MessageReader } from '../../src/media/rtsp/message.ts';
import { CameraLine } from '../../src/stream/camera-line.ts';
import type { TimedLine } from '../../src/stream/timed-answers.ts';
import { TimedPort } from '../../src/stream/timed-port.ts';
import type { FinishedFile } from '../../src/model/segment.ts';

export const copy: Profile = { kind: 'copy' };
export const small: Profile = downsample;

/** An archiver whose finished files are collected in a directory of the test's. */
export class Recording implements AsyncDisposable {
  readonly directory: string;
  readonly runDirectory: string;
  readonly files: FinishedFile[] = [];
  readonly archiver: Archiver;

  private constructor(directory: string, source: TimedPort, options: RecordingOptions) {
    this.directory = directory;
    this.runDirectory = join(directory, 'run');
    this.archiver = startArchiver({
      segmentSeconds: 5,
      log: silentLog,
      directory: this.runDirectory,
      onFile: (file) => this.take(file),
      ...options,
      source,
    });
  }

  static async start(options: RecordingOptions): Promise<Recording> {
    const directory = await mkdtemp(join(tmpdir(), 'archive-'));
    return new Recording(directory, await timed(options.source, options.line), options);
  }

  async take(file: FinishedFile): Promise<void> {
    const path = join(this.directory, `taken-${this.files.length}.mp4`);
    await rename(file.path, path);
    this.files.push({ ...file, path });
  }

  /** Stops recording; what was recorded can be read until the recording is disposed. */
  async stop(): Promise<void> {
    await this.archiver[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true });
  }
}

export type RecordingOptions = Pick<ArchiverOptions, 'media' | 'profile'> &
  Partial<Omit<ArchiverOptions, 'source'>> & {
    /** rtsp:// address of a camera or relay. */
    readonly source: string;
    /** Of the camera, by whose clock pictures are dated; by arrival unless given. */
    readonly line?: TimedLine;
  };

/** The port from which an archiver records what is at `url`, dated by arrival unless its line is given. */
export function timed(
  url: string,
  line: TimedLine = { clock: () => undefined },
): Promise<TimedPort> {
  return TimedPort.open({ relayUrl: url, line, clock: systemClock, log: silentLog });
}

export const mediaOf = (video: string, audio?: string): SourceMedia => ({
  video: { codec: video },
  audio: audio === undefined ? undefined : { codec: audio },
});

/** When the pictures of a file are shown, in seconds, in the order in which a decoder gives them. */
export async function shownTimes(path: string): Promise<number[]> {
  const shown = ['-select_streams', 'v', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0'];
  const { stdout } = await execa('ffprobe', ['-v', 'error', ...shown, path]);
  // Lines about what goes with a picture are empty here.
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => Number(line.split(',')[0]));
}

export interface PacketTimes {
  /** Seconds, of each packet. */
  readonly video: readonly number[];
  readonly audio: readonly number[];
  /** Of the packets of video, those that are key frames. */
  readonly keys: readonly number[];
}

/** When the packets of a file are to be presented. */
export async function packetTimes(path: string): Promise<PacketTimes> {
  const { stdout } = await execa('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'packet=codec_type,pts_time,flags',
    '-of',
    'csv=p=0',
    path,
  ]);
  const rows = stdout.split('\n').map((line) => line.split(','));
  const of = (kind: string, flag = ''): number[] =>
    rows
      .filter(([type, , flags]) => type === kind && flags?.includes(flag))
      .map(([, time]) => Number(time));
  return { video: of('video'), audio: of('audio'), keys: of('video', 'K') };
}

/** An RTSP connection in front of a camera from which the packets of some channels are taken out. */
export class Sieve implements AsyncDisposable {
  readonly #server: Server;
  readonly #close: (() => void)[] = [];
  readonly line = new CameraLine(systemClock, { echoMs: undefined, ask() {} });
  /** Interleaved channels whose packets don't pass. */
  readonly held = new Set<number>();
  /** Of the first channel's pictures, each so manieth does not pass; none unless set. */
  loseEach = Number.POSITIVE_INFINITY;

  private constructor(cameraPort: number) {
    this.#server = createServer((client) => {
      const camera = connect(cameraPort, '127.0.0.1');
      const close = (): void => {
        client.destroy();
        camera.destroy();
      };
      this.#close.push(close);
      for (const socket of [client, camera]) socket.on('error', close).on('close', close);
      client.pipe(camera);
      let rest = Buffer.alloc(0);
      let timestamp = -1;
      let pictures = 0;
      const watcher = this.line.watch();
      const messages = new MessageReader();
      camera.on('data', (chunk: Buffer) => {
        watcher.hear(chunk);
        for (const message of messages.read(chunk)) watcher.take(message);
        watcher.taken();
        rest = Buffer.concat([rest, chunk]);
        for (let size = firstSize(rest); size > 0 && size <= rest.length; size = firstSize(rest)) {
          const isMedia = rest[0] === 0x24;
          if (isMedia && rest[1] === 0 && rest.readUInt32BE(8) !== timestamp) {
            timestamp = rest.readUInt32BE(8);
            pictures += 1;
          }
          const isLost = rest[1] === 0 && pictures % this.loseEach === 0;
          const isHeld = isMedia && (isLost || this.held.has(rest[1] ?? 0));
          if (!isHeld) client.write(rest.subarray(0, size));
          rest = rest.subarray(size);
        }
      });
    });
  }

  static async before(camera: { readonly port: number }): Promise<Sieve> {
    const sieve = new Sieve(camera.port);
    sieve.#server.listen(0, '127.0.0.1');
    await once(sieve.#server, 'listening');
    return sieve;
  }

  get url(): string {
    return `rtsp://127.0.0.1:${(this.#server.address() as AddressInfo).port}/unicast`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#close) close();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}

/** Bytes of the first response or interleaved frame; 0 if that can't be told yet. */
function firstSize(bytes: Buffer): number {
  if (bytes.length < 4) return 0;
  if (bytes[0] === 0x24) return 4 + bytes.readUInt16BE(2);
  const head = bytes.toString('latin1');
  const end = head.indexOf('\r\n\r\n');
  if (end < 0) return 0;
  return end + 4 + Number(/content-length: *(\d+)/i.exec(head.slice(0, end))?.[1] ?? 0);
}
