import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { RtspClient, type Served } from './rtsp/client.ts';
import { Digest, type DigestOptions } from './rtsp/digest.ts';
import type { AudioCodec, VideoCodec } from './rtsp/encoder.ts';
import type { OddSound } from './rtsp/odd-sound.ts';
import { MediaSource, type Packet, type Track } from './rtsp/source.ts';

export interface RtspCameraOptions {
  readonly video: VideoCodec;
  readonly audio?: AudioCodec | undefined;
  /** What is odd about its sound; of AAC. */
  readonly oddSound?: OddSound;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  readonly keyFrameSeconds?: number;
  readonly bitsPerSecond?: number;
  /** B frames between two others; none unless given. Not of MJPEG. */
  readonly bFrames?: number;
  /** Or several: each serves the same stream. */
  readonly path?: string | readonly string[];
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** How it wants the password proven. */
  readonly digest?: DigestOptions;
  /** A connection ends that asks nothing for so long, as its answers say; 65 unless given. */
  readonly sessionSeconds?: number;
  readonly port?: number;
  readonly host?: string;
  /** Draws the time of day into the picture, which costs an encoder that runs all the time. */
  readonly clock?: boolean;
  /** Puts a stamp before each picture, by which it is known in the footage. H.264 only. */
  readonly stamped?: boolean;
}

/** What one connection was sent. */
export interface SentPictures {
  readonly connection: number;
  /** Number of each picture, and when it was sent, in milliseconds since 1970 UTC. */
  readonly pictures: ReadonlyMap<number, number>;
}

/**
 * A real RTSP 1.0 server (RFC 2326; RTP interleaved in TCP, 461 to UDP) whose media comes from a
 * real ffmpeg, one for all its clients.
 */
export class RtspCamera implements AsyncDisposable {
  readonly #server: Server;
  readonly #clients = new Set<RtspClient>();
  readonly #stamped: boolean;
  readonly #oddSound: OddSound | undefined;
  readonly #sent: SentPictures[] = [];
  readonly #paths: readonly string[];
  readonly #host: string;
  readonly #user: string | undefined;
  readonly #password: string | undefined;
  #source: MediaSource | undefined;
  #stalled = false;
  #frozen = false;
  #port = 0;
  #breakEveryMs: number | undefined;
  readonly #breaks = new Map<RtspClient, NodeJS.Timeout>();
  #framesOfGoneClients = 0;
  /** Takes connections and requests, and never answers. */
  silent = false;
  /** RTSP connections taken since the start. */
  connectionsTaken = 0;

  constructor(options: RtspCameraOptions) {
    this.#stamped = options.stamped ?? false;
    this.#oddSound = options.oddSound;
    this.#paths = [options.path ?? 'unicast'].flat();
    this.#host = options.host ?? '127.0.0.1';
    this.#user = options.user;
    this.#password = options.password;
    const digest =
      options.user === undefined
        ? undefined
        : new Digest(options.user, options.password ?? '', options.digest);
    const seen = this.#asClientsSeeIt(digest, options.sessionSeconds ?? 65);
    this.#server = createServer((socket) => this.#take(socket, seen));
  }

  async start(options: RtspCameraOptions): Promise<void> {
    this.#source = await MediaSource.start({
      video: options.video,
      audio: options.audio,
      width: options.width ?? 640,
      height: options.height ?? 360,
      framesPerSecond: options.framesPerSecond ?? 15,
      keyFrameSeconds: options.keyFrameSeconds ?? 1,
      bitsPerSecond: options.bitsPerSecond ?? 500_000,
      bFrames: options.bFrames ?? 0,
      clock: options.clock ?? false,
      onPackets: (packets) => this.#fanOut(packets),
    });
    this.#port = options.port ?? 0;
    await this.listen();
  }

  get port(): number {
    return this.#port;
  }

  /** Of the first path, without user and password. */
  get url(): string {
    return `rtsp://${this.#host}:${this.port}/${this.#paths[0]}`;
  }

  get urlWithPassword(): string {
    if (this.#user === undefined) return this.url;
    const password = encodeURIComponent(this.#password ?? '');
    return this.url.replace('//', `//${encodeURIComponent(this.#user)}:${password}@`);
  }

  /** Of ffmpeg. */
  get pid(): number {
    return this.#source?.pid ?? 0;
  }

  /** RTSP connections that are open now. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Of these, the ones that get media. */
  get playing(): number {
    return [...this.#clients].filter((client) => client.playing).length;
  }

  /** Access units of video sent, summed over all clients. */
  get framesSent(): number {
    return [...this.#clients].reduce(
      (sum, client) => sum + client.framesSent,
      this.#framesOfGoneClients,
    );
  }

  /** All pictures sent whole, by connection; of a camera that stamps them. */
  get sent(): readonly SentPictures[] {
    return this.#sent;
  }

  /** No more media; connections stay open and requests are answered. */
  stall(): void {
    this.#stalled = true;
  }

  resume(): void {
    this.#stalled = false;
    for (const client of this.#clients) client.skipToNextPicture();
  }

  /** As SIGSTOP would: connections are taken by the kernel, nothing is answered or sent. */
  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const client of this.#clients) {
      client.skipToNextPicture();
      client.thaw();
    }
  }

  /** Resets all connections. */
  dropClients(): void {
    for (const client of this.#clients) client.socket.resetAndDestroy();
  }

  /** Connections end when all that was sent has arrived. */
  hangUp(): void {
    for (const client of this.#clients) client.socket.end();
  }

  /** As when its server is restarted: connections are reset, and refused until {@link listen}. */
  async refuse(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.dropClients();
    await closed;
  }

  /** Takes connections, at the port that it had before if there was one. */
  async listen(): Promise<void> {
    this.#server.listen(this.#port, this.#host);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** From now on each connection is reset this long after its PLAY; undefined: no more. */
  breakEvery(ms: number | undefined): void {
    this.#breakEveryMs = ms;
    for (const timer of this.#breaks.values()) clearTimeout(timer);
    this.#breaks.clear();
    for (const client of this.#clients) if (client.playing) this.#armBreak(client);
  }

  /** Rejects when ffmpeg died. */
  async ended(signal: AbortSignal): Promise<void> {
    await this.#source?.ended(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.breakEvery(undefined);
    if (this.#server.listening) {
      const closed = once(this.#server, 'close');
      this.#server.close();
      for (const client of this.#clients) client.socket.destroy();
      await closed;
    }
    await this.#source?.[Symbol.asyncDispose]();
  }

  #asClientsSeeIt(digest: Digest | undefined, sessionSeconds: number): Served {
    const tracks = (): readonly Track[] => this.#source?.tracks ?? [];
    const silent = (): boolean => this.silent;
    const frozen = (): boolean => this.#frozen;
    const stamped = this.#stamped;
    const oddSound = this.#oddSound;
    return {
      stamped,
      oddSound,
      paths: this.#paths,
      digest,
      sessionSeconds,
      get tracks() {
        return tracks();
      },
      get silent() {
        return silent();
      },
      get frozen() {
        return frozen();
      },
      onPlay: (client) => this.#armBreak(client),
    };
  }

  #take(socket: Socket, seen: Served): void {
    this.connectionsTaken += 1;
    const client = new RtspClient(socket, seen, this.connectionsTaken);
    if (this.#stamped) {
      this.#sent.push({ connection: this.connectionsTaken, pictures: client.sentPictures });
    }
    this.#clients.add(client);
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(this.#breaks.get(client));
      this.#breaks.delete(client);
      this.#clients.delete(client);
      this.#framesOfGoneClients += client.framesSent;
    });
  }

  #fanOut(packets: readonly Packet[]): void {
    if (this.#stalled || this.#frozen) return;
    for (const client of this.#clients) client.send(packets);
  }

  #armBreak(client: RtspClient): void {
    if (this.#breakEveryMs === undefined || this.#breaks.has(client)) return;
    const timer = setTimeout(() => client.socket.resetAndDestroy(), this.#breakEveryMs);
    this.#breaks.set(client, timer);
  }
}

/** Resolves when the first picture is there. */
export async function startRtspCamera(options: RtspCameraOptions): Promise<RtspCamera> {
  const camera = new RtspCamera(options);
  try {
    await camera.start(options);
    return camera;
  } catch (error) {
    await camera[Symbol.asyncDispose]();
    throw error;
  }
}

const oneOf = <T extends string>(
  name: string,
  value: string | undefined,
  allowed: readonly (T | undefined)[],
): T | undefined => {
  const found = allowed.find((item) => item === value);
  if (found !== value) throw new Error(`--${name} must be one of ${allowed.join(', ')}`);
  return found;
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '0' },
      path: { type: 'string', default: 'unicast' },
      video: { type: 'string', default: 'h264' },
      audio: { type: 'string' },
      size: { type: 'string', default: '1280x720' },
      rate: { type: 'string', default: '15' },
      'bits-per-second': { type: 'string', default: '1000000' },
      user: { type: 'string' },
      password: { type: 'string' },
      clock: { type: 'boolean', default: false },
    },
  });
  const [width = 1280, height = 720] = values.size.split('x').map(Number);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop.abort();
  }, 500);
  try {
    await using camera = await startRtspCamera({
      video: oneOf('video', values.video, ['h264', 'h265', 'mjpeg']) ?? 'h264',
      audio: oneOf('audio', values.audio, [undefined, 'pcmu', 'mp3', 'aac', 'opus']),
      width,
      height,
      framesPerSecond: Number(values.rate),
      bitsPerSecond: Number(values['bits-per-second']),
      path: values.path,
      user: values.user,
      password: values.password,
      host: values.host,
      port: Number(values.port),
      clock: values.clock,
    });
    process.stdout.write(`${JSON.stringify({ url: camera.url, pid: process.pid })}\n`);
    await camera.ended(stop.signal);
  } finally {
    clearInterval(watch);
  }
}

if (import.meta.main) await main();
