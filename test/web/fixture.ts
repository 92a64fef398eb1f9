import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CameraStatus } from '../../src/contract/cameras.ts';
import { startWeb, type Web, type WebOptions } from '../../src/web/web.ts';
import { credentialsOf } from '../../src/gateway/password.ts';
import { Exports } from '../../src/footage/exports.ts';
import { FootageSource } from '../../src/footage/source.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { CameraName } from '../../src/model/camera-name.ts';
import { parseSegmentFileName, segmentFileName } from '../../src/model/segment-name.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { ffmpeg } from '../support/tools.ts';
import { publicKey } from '../control/fixture.ts';

export const password = 'correct horse battery';

/** What a browser keeps. */
export interface Browser {
  readonly cookie: string;
  readonly csrf: string;
}

/** The web server with a real ledger behind it, and a fleet of which the test says what it does. */
export class WebFixture implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'cctv-web-'));
  readonly ledger: Ledger = openLedger(join(this.directory, 'ledger', 'ledger.sqlite'));
  fleet: CameraStatus[] = [];
  pictures = 0;
  /** What is in the bucket, by key. */
  readonly objects = new Map<string, Buffer>();
  /** How often the bucket was read. */
  reads = 0;
  readonly footage: FootageSource;
  exports: Exports | undefined;
  /** What must stay free on the disk. */
  reserveBytes = 0;
  #web: Web | undefined;
  #keys = 0;

  constructor() {
    this.footage = new FootageSource({
      bucketOrigin: 'https://bucket.example.net',
      bucket: {
        presign: async (key) => `https://bucket.example.net/${key}?signature=1`,
        open: async (key, _signal, range) => {
          this.reads += 1;
          const found = this.objects.get(key);
          return found && Readable.from([found.subarray(range?.start, range?.end)]);
        },
      },
      findSpooled: (camera, name) => {
        const path = join(this.directory, 'spool', camera.account, camera.camera, name);
        const identity = parseSegmentFileName(camera, name);
        if (identity === undefined || !existsSync(path)) return undefined;
        return { ...identity, path, bytes: statSync(path).size };
      },
    });
  }

  options(more: Partial<WebOptions> = {}): WebOptions {
    return {
      listen: { host: '127.0.0.1', port: 0 },
      trustedProxies: [],
      proxy: false,
      ledger: this.ledger,
      fleet: () => this.fleet,
      picture: async () => {
        this.pictures += 1;
        return Buffer.from([0xff, 0xd8, this.pictures, 0xff, 0xd9]);
      },
      credentialsOf: (user, given) => credentialsOf('cctv', user, given),
      footage: this.footage,
      // Made as the server is opened.
      exports: this.exports as Exports,
      serverTroubles: () => [],
      spoolUsage: () => ({
        files: 0,
        bytes: 0,
        disk: {
          state: 'ok',
          isFull: false,
          whenFull: 'keep-newest',
          usedBytes: 0,
          freeBytes: 1e9,
          reserveBytes: 0,
          recordingBytes: 0,
          damagedBytes: 0,
          dropped: { files: 0, bytes: 0 },
        },
      }),
      uploaderStatus: () => ({ uploading: 0, waiting: 0, stored: 0 }),
      alertsFailing: () => [],
      program: ffmpeg(),
      log: silentLog,
      version: '0.1.0',
      ...more,
    };
  }

  static async start(more: Partial<WebOptions> = {}): Promise<WebFixture> {
    const fixture = new WebFixture();
    await fixture.open(more);
    return fixture;
  }

  async open(more: Partial<WebOptions> = {}): Promise<void> {
    this.exports = await Exports.open({
      ledger: this.ledger,
      footage: this.footage,
      program: ffmpeg(),
      log: silentLog,
      directory: join(this.directory, 'exports'),
      version: '0.1.0',
      isRecording: () => false,
      reserveBytes: () => this.reserveBytes,
    });
    this.#web = await startWeb(this.options(more));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#web?.address.port ?? 0}`;
  }

  get port(): number {
    return this.#web?.address.port ?? 0;
  }

  addCamera(name: CameraName): void {
    if (!this.ledger.accounts.list().some((account) => account.name === name.account)) {
      this.ledger.accounts.add(name.account);
    }
    this.#keys += 1;
    this.ledger.cameras.add({ ...name, key: parsePublicKey(publicKey(this.#keys)) });
  }

  /** Puts footage into the bucket or the spool; @returns the name of its file. */
  addFootage(
    camera: CameraName,
    place: 'stored' | 'spooled',
    footage: { readonly startMs: number; readonly durationMs: number; readonly content: Buffer },
  ): string {
    const { startMs, durationMs, content } = footage;
    const sha256 = createHash('sha256').update(content).digest('hex');
    const segment = { ...camera, startMs, durationMs, sha256, bytes: content.length };
    const name = segmentFileName(segment);
    if (place === 'stored') {
      const key = `${camera.account}/${camera.camera}/${name}`;
      this.objects.set(key, content);
      this.ledger.segments.stored(segment, { key });
    } else {
      const directory = join(this.directory, 'spool', camera.account, camera.camera);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, name), content);
      this.ledger.segments.spooled(segment);
    }
    return name;
  }

  addViewer(account: string, name: string, cameras?: string[]): void {
    const credentials = credentialsOf('cctv', name, password);
    this.ledger.viewers.add({ account, name, credentials, ...(cameras && { cameras }) });
  }

  login(
    body: Readonly<Record<string, unknown>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    return fetch(`${this.origin}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.origin, ...headers },
      body: JSON.stringify(body),
    });
  }

  /** Logs in; without an account, as an operator. */
  async browser(user: string, account?: string): Promise<Browser> {
    const response = await this.login({ account, user, password });
    if (response.status !== 204) throw new Error(`log-in: ${response.status}`);
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const session = await this.get('/api/session', { cookie, csrf: '' });
    return { cookie, csrf: ((await session.json()) as { csrf: string }).csrf };
  }

  get(path: string, browser?: Browser, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.origin + path, {
      redirect: 'manual',
      headers: { ...(browser && { cookie: browser.cookie }), ...headers },
    });
  }

  async json<T>(path: string, browser: Browser): Promise<T> {
    const response = await this.get(path, browser);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  post(path: string, body: unknown, browser: Browser): Promise<Response> {
    return fetch(this.origin + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: this.origin,
        cookie: browser.cookie,
        'x-csrf-token': browser.csrf,
      },
      body: JSON.stringify(body),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#web?.[Symbol.asyncDispose]();
    await this.exports?.[Symbol.asyncDispose]();
    this.ledger[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
