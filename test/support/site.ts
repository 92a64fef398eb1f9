import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateBucketCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { stringify } from 'yaml';
import type { CameraStatus } from '../../src/contract/cameras.ts';
import type { ContinuityAnswer, Gap } from '../../src/contract/continuity.ts';
import { parseSegmentFileName } from '../../src/model/segment-name.ts';
import {
  type RtspCamera,
  type RtspCameraOptions,
  startRtspCamera,
} from '../stand-ins/rtsp-camera.ts';
import { type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { probe, type Probed } from './media.ts';
import { descendants } from './processes.ts';
import { dbclients } from './tools.ts';
import { eventually } from './until.ts';
import { storedPictures } from '../faults/stored-pictures.ts';
import type { FrameStamp } from '../stand-ins/rtsp/frame-stamp.ts';

const cli = join(import.meta.dirname, '../../src/cli');
const steppedClock = join(import.meta.dirname, 'stepped-clock.ts');

export interface SiteOptions {
  readonly segmentSeconds?: number;
  readonly profile?: 'copy' | 'downsample';
  /** The daemon's program; its source, run by Node, unless given. */
  readonly program?: string;
  /** More of the configuration, beside what every site has. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Where the daemon is to reach the store, given its real address; there unless given. */
  readonly storeBehind?: (endpoint: string) => Promise<string>;
  /** Whether the daemon's clock can be set; only where its program is its source. */
  readonly settableClock?: boolean;
  /** Whether the bucket exists and its server runs at the start. */
  readonly bucket?: 'ready' | 'absent' | 'server down' | 'wrong secret';
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly camera?: string;
  readonly [field: string]: unknown;
}

/** One object of the bucket. */
export interface StoredSegment {
  readonly key: string;
  readonly bytes: number;
  readonly account: string;
  readonly camera: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly sha256: string;
  /** When the store says that it got it, in whole seconds. */
  readonly storedAtMs: number;
}

/** The whole system in a directory of its own: S3 server, daemon, cameras behind real dbclients. */
export class Site implements AsyncDisposable {
  readonly directory: string;
  readonly log: LogLine[] = [];
  readonly #options: SiteOptions;
  readonly #cameras: SiteCamera[] = [];
  readonly #accounts = new Set<string>();
  #s3: S3Server | undefined;
  #daemon: ChildProcess | undefined;

  private constructor(directory: string, options: SiteOptions) {
    this.directory = directory;
    this.#options = options;
  }

  static async start(options: SiteOptions = {}): Promise<Site> {
    const site = new Site(await mkdtemp(join(tmpdir(), 'cctv-site-')), options);
    try {
      await site.startStore();
      site.#endpoint = await options.storeBehind?.(site.#store.endpoint);
      if (options.bucket !== 'absent') await site.createBucket();
      site.configure(options.bucket === 'wrong secret' ? 'not the secret' : undefined);
      if (options.bucket === 'server down') await site.stopStore();
      await site.startDaemon();
      return site;
    } catch (error) {
      await site[Symbol.asyncDispose]();
      throw error;
    }
  }

  get daemonPid(): number {
    return this.#daemon?.pid ?? assertNever('the daemon runs');
  }

  get socket(): string {
    return join(this.directory, 'control.sock');
  }

  get spoolDirectory(): string {
    return join(this.directory, 'state', 'spool');
  }

  get ledgerFile(): string {
    return join(this.directory, 'state', 'ledger', 'ledger.sqlite');
  }

  get #store(): S3Server {
    return this.#s3 ?? assertNever('the store runs');
  }

  get s3(): S3Client {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.#store;
    return new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
  }

  async createBucket(): Promise<void> {
    await this.s3.send(new CreateBucketCommand({ Bucket: 'footage' }));
  }

  /** Starts the S3 server, at the port that it had before if there was one. */
  async startStore(): Promise<void> {
    const port = this.#storePort;
    this.#s3 = await startS3Server({
      directory: join(this.directory, 's3'),
      port,
    });
    this.#storePort = Number(new URL(this.#s3.endpoint).port);
  }

  #storePort: number | undefined;
  #endpoint: string | undefined;

  async stopStore(): Promise<void> {
    await this.#s3?.[Symbol.asyncDispose]();
    this.#s3 = undefined;
  }

  /** Writes the daemon's configuration; with another secret than the store's if one is given. */
  configure(wrongSecret?: string): void {
    const { region, accessKeyId } = this.#store;
    const endpoint = this.#endpoint ?? this.#store.endpoint;
    const secretAccessKey = wrongSecret ?? this.#store.secretAccessKey;
    const file = join(this.directory, 'config.yaml');
    const config = {
      stateDirectory: 'state',
      bucket: { name: 'footage', endpoint, region, credentials: { accessKeyId, secretAccessKey } },
      tunnel: { listen: '127.0.0.1:0' },
      archive: {
        segmentSeconds: this.#options.segmentSeconds ?? 5,
        profile: this.#options.profile ?? 'copy',
      },
      control: { socket: this.socket },
      log: { format: 'json', level: 'debug' },
      ...this.#options.config,
    };
    writeFileSync(file, stringify(config));
    chmodSync(file, 0o600);
  }

  /** Starts the daemon and waits until it takes cameras. The port stays the same over restarts. */
  async startDaemon(): Promise<void> {
    const from = this.log.length;
    const { program } = this.#options;
    const [file, ...args] =
      program === undefined
        ? [process.execPath, ...this.#preloads, join(cli, 'cctvd.ts')]
        : [program];
    const daemon = spawn(file, [...args, '--config', join(this.directory, 'config.yaml')], {
      env: { ...process.env, STEPPED_CLOCK_FILE: this.#clockFile },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#daemon = daemon;
    for (const stream of [daemon.stdout, daemon.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.log.push(parseLine(line)));
    }
    const ready = await eventually('a daemon that takes cameras', 60_000, () => {
      if (daemon.exitCode !== null) throw new Error(`daemon exited: ${this.#lastLines()}`);
      return this.log.slice(from).find((line) => line.message === 'taking cameras');
    });
    this.#hostKey ??= String(ready['hostKeyLine']);
    this.#tunnelPort = Number(String(ready['address']).split(':').at(-1));
  }

  get #preloads(): readonly string[] {
    return this.#options.settableClock === true ? ['--import', steppedClock] : [];
  }

  get #clockFile(): string {
    return join(this.directory, 'clock');
  }

  #clockAheadMs = 0;

  /** Sets the daemon's clock, of a site whose clock can be set: forth, or back if less than 0. */
  stepClock(ms: number): void {
    this.#clockAheadMs += ms;
    const next = `${this.#clockFile}.next`;
    writeFileSync(next, String(this.#clockAheadMs));
    renameSync(next, this.#clockFile);
  }

  #hostKey: string | undefined;
  #tunnelPort = 0;

  async stopDaemon(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const gone = once(daemon, 'exit');
    daemon.kill(signal);
    await gone;
  }

  /** Runs `cctv`. */
  async cctv(...args: readonly string[]): Promise<string> {
    const { stdout } = await execa(process.execPath, [
      join(cli, 'cctv.ts'),
      '--socket',
      this.socket,
      ...args,
    ]);
    return stdout;
  }

  /** The connected cameras, as `cctv camera status --json` tells. */
  async connected(): Promise<CameraStatus[]> {
    const answer = JSON.parse(await this.cctv('camera', 'status', '--json')) as {
      cameras: CameraStatus[];
    };
    return answer.cameras;
  }

  /** Programs that the daemon runs, for one camera or all. */
  children(): ReturnType<typeof descendants> {
    return descendants(this.daemonPid);
  }

  /** Enrols a camera `account/name` and starts its RTSP server; it dials in when told to. */
  async addCamera(
    name: string,
    options: Partial<RtspCameraOptions> & { profile?: 'copy' | 'downsample' } = {},
    rtsp?: RtspCamera,
  ): Promise<SiteCamera> {
    const [account = ''] = name.split('/');
    if (!this.#accounts.has(account)) await this.cctv('account', 'add', account);
    this.#accounts.add(account);
    const home = join(this.directory, 'cameras', name);
    mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
    const { dbclient, dropbearkey } = dbclients().at(-1) ?? assertNever('a dbclient is installed');
    const key = join(home, 'id_dropbear');
    const { stdout } = await execa(dropbearkey, ['-t', 'ed25519', '-f', key]);
    await writeFile(`${key}.pub`, stdout.split('\n').find((line) => line.startsWith('ssh-')) ?? '');
    await writeFile(join(home, '.ssh', 'known_hosts'), `127.0.0.1 ${this.#hostKey}\n`);
    const { profile, ...media } = options;
    const more = profile === undefined ? [] : ['--profile', profile];
    await this.cctv('camera', 'add', name, '--key', `${key}.pub`, ...more);
    const camera = new SiteCamera(
      this,
      name,
      { home, key, dbclient },
      rtsp ?? (await startRtspCamera({ video: 'h264', ...media })),
      rtsp === undefined,
    );
    this.#cameras.push(camera);
    return camera;
  }

  get tunnelPort(): number {
    return this.#tunnelPort;
  }

  /** What is missing of a camera's time in the last day, with its causes. */
  async gaps(name: string): Promise<readonly Gap[]> {
    return (JSON.parse(await this.cctv('continuity', name, '--json')) as ContinuityAnswer).gaps;
  }

  /** All segments in the bucket, oldest first; of one camera if named. */
  async stored(name = ''): Promise<StoredSegment[]> {
    const segments: StoredSegment[] = [];
    for await (const page of paginateListObjectsV2({ client: this.s3 }, { Bucket: 'footage' })) {
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
        if (Key.startsWith('_ledger/')) continue;
        const [account = '', camera = '', year, month, day, file = ''] = Key.split('/');
        const identity = parseSegmentFileName({ account, camera }, file);
        if (identity === undefined) throw new Error(`strange object: ${Key}`);
        const date = new Date(identity.startMs).toISOString().slice(0, 10);
        if (`${year}-${month}-${day}` !== date) throw new Error(`object in a wrong day: ${Key}`);
        segments.push({
          ...identity,
          key: Key,
          bytes: Size,
          storedAtMs: LastModified?.getTime() ?? 0,
        });
      }
    }
    return segments
      .filter((one) => name === '' || `${one.account}/${one.camera}` === name)
      .sort((a, b) => a.startMs - b.startMs);
  }

  /** Downloads a segment and decodes all of it. */
  async probe(segment: StoredSegment): Promise<Probed> {
    const file = join(this.directory, `${segment.sha256}.mp4`);
    await writeFile(file, await this.read(segment));
    return await probe(file);
  }

  /** The pictures of segments of cameras that stamp them and whose footage is copied, as they lie there. */
  async pictures(segments: readonly StoredSegment[]): Promise<FrameStamp[]> {
    const pictures: FrameStamp[] = [];
    for (const segment of segments) pictures.push(...storedPictures(await this.read(segment)));
    return pictures;
  }

  /** Downloads a segment. */
  async read({ key }: StoredSegment): Promise<Buffer> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: 'footage', Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#cameras.map((camera) => camera[Symbol.asyncDispose]()));
    await this.stopDaemon();
    await this.stopStore();
    await rm(this.directory, { recursive: true, force: true });
  }

  #lastLines(): string {
    return JSON.stringify(this.log.slice(-5));
  }
}

/** A camera of a site: its RTSP server and its dbclient. */
export class SiteCamera implements AsyncDisposable {
  readonly name: string;
  readonly rtsp: RtspCamera;
  /** Where it dials in, if not at the daemon itself. */
  dialledPort: number | undefined;
  readonly #site: Site;
  readonly #files: { readonly home: string; readonly key: string; readonly dbclient: string };
  readonly #ownsRtsp: boolean;
  readonly #clients = new Set<ChildProcess>();

  constructor(
    site: Site,
    name: string,
    files: { readonly home: string; readonly key: string; readonly dbclient: string },
    rtsp: RtspCamera,
    ownsRtsp: boolean,
  ) {
    this.#site = site;
    this.name = name;
    this.#files = files;
    this.rtsp = rtsp;
    this.#ownsRtsp = ownsRtsp;
  }

  /** Dials in, as the camera's init would do; once. */
  dial(): ChildProcess {
    const { home, key, dbclient } = this.#files;
    const user = this.name.replace('/', '.');
    const client = spawn(
      'setpriv',
      [
        '--pdeathsig',
        'KILL',
        '--',
        dbclient,
        '-N',
        '-T',
        '-K',
        '3',
        '-i',
        key,
        '-o',
        'ExitOnForwardFailure=yes',
        '-R',
        `554:127.0.0.1:${this.rtsp.port}`,
        '-p',
        String(this.dialledPort ?? this.#site.tunnelPort),
        `${user}@127.0.0.1`,
      ],
      { env: { ...process.env, HOME: home }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    client.stderr.resume();
    this.#clients.add(client);
    client.once('exit', () => this.#clients.delete(client));
    return client;
  }

  /** Dials again whenever the connection ends, until the signal aborts. */
  async keepDialling(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const client = this.dial();
      const gone = once(client, 'exit');
      const hangUp = (): void => void client.kill('SIGKILL');
      signal.addEventListener('abort', hangUp, { once: true });
      await gone;
      signal.removeEventListener('abort', hangUp);
      await delay(200, undefined, { signal }).catch(() => {});
    }
  }

  /** Its dbclients that run now, the last to dial in last. */
  get clients(): readonly ChildProcess[] {
    return [...this.#clients];
  }

  /** Ends the connection as a power cut would, but with the kernel still there to say so. */
  killClients(): void {
    for (const client of this.#clients) client.kill('SIGKILL');
  }

  async status(): Promise<CameraStatus | undefined> {
    return (await this.#site.connected()).find(
      (one) => `${one.account}/${one.camera}` === this.name,
    );
  }

  async recording(withinMs = 15_000): Promise<CameraStatus> {
    return await eventually(`recording of ${this.name}`, withinMs, async () => {
      const status = await this.status();
      return status?.state === 'recording' ? status : undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) {
      const gone = once(client, 'exit');
      client.kill('SIGKILL');
      await gone;
    }
    if (this.#ownsRtsp) await this.rtsp[Symbol.asyncDispose]();
  }
}

/** Lets cameras dial in, and again whenever their connection ends, until the result is disposed of. */
export function keepAllDialling(cameras: readonly SiteCamera[]): AsyncDisposable {
  const unplug = new AbortController();
  const dialling = Promise.all(cameras.map((camera) => camera.keepDialling(unplug.signal)));
  return {
    [Symbol.asyncDispose]: async () => {
      unplug.abort();
      await dialling;
    },
  };
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { level: 'output', message: line };
  }
}

function assertNever(what: string): never {
  throw new Error(`only while ${what}`);
}
