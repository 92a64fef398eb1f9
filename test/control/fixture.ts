import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress, shownAddress } from '../../src/alert/addresses.ts';
import type { CameraStatus, CopiedKey } from '../../src/contract/cameras.ts';
import type { HostKeyInfo, Verdict } from '../../src/contract/status.ts';
import { type Control, type ControlOptions, startControl } from '../../src/control/control.ts';
import { Metrics } from '../../src/monitor/metrics.ts';
import { credentialsOf, makePassword } from '../../src/gateway/password.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { type CameraName, formatCameraName } from '../../src/model/camera-name.ts';
import { silentLog } from '../../src/lib/log.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';

/** The line of a public key that no other number has. */
export function publicKey(n: number): string {
  const part = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const point = createHash('sha256').update(`key ${n}`).digest();
  const blob = Buffer.concat([part(Buffer.from('ssh-ed25519')), part(point)]);
  return `ssh-ed25519 ${blob.toString('base64')} root@camera${n}\n`;
}

/** A control socket with a real ledger behind it, and a fleet of which the test says what it does. */
export class ConsoleFixture implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'cctv-console-'));
  readonly socket = join(this.directory, 'run', 'control.sock');
  readonly ledger: Ledger = openLedger(join(this.directory, 'ledger', 'ledger.sqlite'));
  readonly removed: string[] = [];
  /** Cameras whose recording was to begin anew, and what of their settings changed. */
  readonly settingsChanged: string[] = [];
  readonly copiedKeys = new Map<string, Omit<CopiedKey, 'fingerprint'>>();
  picture = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);
  hostKeys: HostKeyInfo[] = [
    {
      state: 'present',
      algorithm: 'ssh-ed25519',
      fingerprint: 'SHA256:9h2Zt7YzvqJxWQyq0LrGQ8p3mVnB1cKXoS5fUeDaTiM',
      line: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPx0vV9bF0m2QwqjN3yqv1mJwQk8v3z6rJmVf0Xh5dK2',
    },
  ];
  /** Nothing answers there, unless a test has another. */
  /** Keys that verifying found to be missing. */
  readonly missing: string[] = [];
  serverTroubles: string[] = [];
  bucket: ControlOptions['bucket'] = createObjectStore({
    bucket: 'footage',
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    pathStyle: true,
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    log: silentLog,
  });
  exports: ControlOptions['exports'];
  fleet: CameraStatus[] = [];
  gateway: ControlOptions['gateway'];
  tested: string[] = [];
  alerting: NonNullable<ReturnType<ControlOptions['alerting']>> = {
    kinds: new Set(['sms', 'email', 'webhook']),
    parseAddress,
    shownAddress,
    webhookSecret: () => 'whsec_of-the-test',
    test: (account) => {
      this.tested.push(account);
      return [];
    },
    failing: () => [],
  };
  uploads: ReturnType<ControlOptions['uploaderStatus']> = { uploading: 0, waiting: 0, stored: 0 };
  disk: ReturnType<ControlOptions['spoolUsage']>['disk'] = {
    state: 'ok',
    isFull: false,
    whenFull: 'keep-newest',
    usedBytes: 33_000_000,
    freeBytes: 250_000_000_000,
    reserveBytes: 1_000_000_000,
    recordingBytes: 0,
    damagedBytes: 0,
    dropped: { files: 0, bytes: 0 },
  };
  metrics = new Metrics();
  verdict: Verdict = { ok: true, problems: [] };
  refusedConfiguration: ReturnType<ControlOptions['refusedConfiguration']>;
  #control: Control | undefined;

  static async start(): Promise<ConsoleFixture> {
    const fixture = new ConsoleFixture();
    await fixture.open();
    return fixture;
  }

  options(): ControlOptions {
    return {
      socket: this.socket,
      ledger: this.ledger,
      bucket: this.bucket,
      onMissing: (key) => this.missing.push(key),
      fleet: () => this.fleet,
      spoolUsage: () => ({
        files: 12,
        bytes: 31_000_000,
        oldestMs: Date.now() - 240_000,
        disk: this.disk,
      }),
      serverTroubles: () => this.serverTroubles,
      uploaderStatus: () => this.uploads,
      metrics: this.metrics,
      health: { health: () => this.verdict, readiness: () => this.verdict },
      tunnelInfo: async () => ({
        address: '0.0.0.0:2222',
        hostKeyFingerprint: 'SHA256:9h2Zt7YzvqJxWQyq0LrGQ8p3mVnB1cKXoS5fUeDaTiM',
        hostKeyLine:
          'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPx0vV9bF0m2QwqjN3yqv1mJwQk8v3z6rJmVf0Xh5dK2',
        hostKeys: this.hostKeys,
      }),
      copyOfLedger: () => this.ledger.watch.copy(),
      parsePublicKey,
      picture: async () => this.picture,
      copiedKey: (fingerprint) => this.copiedKeys.get(fingerprint),
      settingsChanged: (camera, what) => {
        const name = formatCameraName(camera);
        this.settingsChanged.push(`${name}: ${what}`);
        return this.fleet.some((status) => formatCameraName(status) === name);
      },
      disconnect: (camera: CameraName) => {
        const name = formatCameraName(camera);
        this.removed.push(name);
        this.fleet = this.fleet.filter((status) => formatCameraName(status) !== name);
      },
      gateway: this.gateway,
      makePassword,
      credentialsOf: (user, password) => credentialsOf('cctv', user, password),
      exports: this.exports,
      refusedConfiguration: () => this.refusedConfiguration,
      alerting: () => this.alerting,
      reload: async () => ({ taken: [], needsRestart: [], failed: [] }),
      log: silentLog,
      version: '0.1.0',
      startedAtMs: Date.now() - 3 * 3_600_000,
    };
  }

  /** Makes its metrics show what it has; once. */
  watchMetrics(): void {
    this.metrics.watch({
      ...this.options(),
      alertsFailing: () => this.alerting.failing(),
      isOverloaded: () => this.serverTroubles.length > 0,
      isClockWrong: () => false,
      uploaderStatus: () => ({
        ...this.uploads,
        storedBytes: 21_700_000,
        audited: 9,
        sampled: { right: 4, wrong: 0 },
      }),
      tunnelCounts: () => ({ open: 1, accepted: 4, refused: 3, abandoned: 2, crowded: 0 }),
    });
  }

  async open(): Promise<void> {
    this.#control = await startControl(this.options());
  }

  async close(): Promise<void> {
    await this.#control?.[Symbol.asyncDispose]();
    this.#control = undefined;
  }

  /** Adds the account, the camera and `segments` minutes of footage up to `endMs`. */
  addCamera(name: CameraName, n: number, footage?: { minutes: number; endMs: number }): void {
    if (!this.ledger.accounts.list().some((account) => account.name === name.account)) {
      this.ledger.accounts.add(name.account);
    }
    this.ledger.cameras.add({ ...name, key: parsePublicKey(publicKey(n)) });
    for (let left = footage?.minutes ?? 0; left > 0; left -= 1) {
      const segment = {
        ...name,
        startMs: (footage?.endMs ?? 0) - left * 60_000,
        durationMs: 60_000,
        bytes: 3_100_000,
        sha256: createHash('sha256').update(`${n} ${left}`).digest('hex'),
      };
      if (left === 1) this.ledger.segments.spooled(segment);
      else
        this.ledger.segments.stored(segment, {
          key: `${name.account}/${left}.mp4`,
          checksum: 'sha256',
        });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    this.ledger[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const connected = (name: CameraName, more: Partial<CameraStatus> = {}): CameraStatus => ({
  ...name,
  state: 'recording',
  connectedAtMs: Date.now() - 8_040_000,
  remoteAddress: '203.0.113.7',
  client: 'dropbear_2022.83',
  profile: 'downsample',
  picture: { codec: 'h264', width: 1920, height: 1080, framesPerSecond: 15 },
  audioCodec: 'pcmu',
  bitsPerSecond: 412_000,
  lastFootageAtMs: Date.now() - 800,
  frames: 120_600,
  restarts: 0,
  relay: { pid: 4242, port: 45_001, url: 'rtsp://127.0.0.1:45001/proxyStream' },
  archiver: { pid: 4243 },
  ...more,
});
