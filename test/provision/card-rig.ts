import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { formatCameraName } from '../../src/model/camera-name.ts';
import { parseDropbearKey } from '../../src/provision/dropbear-key.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { type Run, run } from '../cli/run.ts';
import { ConsoleFixture } from '../control/fixture.ts';
import { makeFirmware } from './stand-in-firmware.ts';

export const password = 'pa$$ w\\ord"\'`';
export const ssid = 'Bach\'s "Café" $5';
export const nextHostKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH5rjVbJ8rVq1SDiMnaqwRzPZtsWvLAaoQX1kcEuIQL5';

/** A real control socket with the account `bach`, and all that a command line for a card names. */
export class CardRig implements AsyncDisposable {
  readonly fixture = new ConsoleFixture();
  readonly firmware = makeFirmware(join(this.fixture.directory, 'firmware_mod'));
  #made = 0;

  static async start(): Promise<CardRig> {
    const rig = new CardRig();
    rig.fixture.ledger.accounts.add('bach');
    const [present] = rig.fixture.hostKeys;
    assert.ok(present);
    rig.fixture.hostKeys.push({ ...present, state: 'next', line: nextHostKey });
    await rig.fixture.open();
    writeFileSync(rig.path('password'), `${password}\n`);
    return rig;
  }

  path(name: string): string {
    return join(this.fixture.directory, name);
  }

  /** A path where nothing is yet. */
  fresh(name = ''): string {
    this.#made += 1;
    return this.path(`${this.#made}${name}`);
  }

  directory(): string {
    const path = this.fresh();
    mkdirSync(path);
    return path;
  }

  /** The options that a card for a Dafang takes, all good; others can be put behind them. */
  options(card: string): string[] {
    return [
      '--card',
      card,
      '--firmware',
      this.firmware,
      '--model',
      'wyzecam-v2',
      '--wifi-ssid',
      ssid,
      '--wifi-password-file',
      this.path('password'),
      '--server',
      'cctv.example.com:2222',
      '--server',
      '[2001:db8::7]',
    ];
  }

  cctv(...args: readonly string[]): Promise<Run> {
    return run('cctv', ['--socket', this.fixture.socket, ...args]);
  }

  add(name: string, card: string, ...more: readonly string[]): Promise<Run> {
    return this.cctv('camera', 'add', name, ...this.options(card), ...more);
  }

  get cameras(): string[] {
    return this.fixture.ledger.cameras.list().map(formatCameraName);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fixture[Symbol.asyncDispose]();
  }

  /** Checks that a card that was made is that of a camera, and that the camera is registered. */
  checkRegistered(name: string, card: ReadonlyMap<string, Buffer>): void {
    const key = parseDropbearKey(card.get('sapiengraph/id_dropbear') ?? Buffer.alloc(0));
    const { blob } = parsePublicKey(key.publicLine);
    const found = this.fixture.ledger.keys.ownerOf({ algorithm: 'ssh-ed25519', blob });
    assert.equal(found && formatCameraName(found), name);
  }
}

/** All files beneath a directory, by their path from it. */
export function readTree(directory: string): Map<string, Buffer> {
  return new Map(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(directory.length + 1), readFileSync(path)];
      }),
  );
}

/** All files of an image, as mtools reads them. */
export async function readImage(
  image: string,
  offset: string,
  into: string,
): Promise<Map<string, Buffer>> {
  mkdirSync(into);
  const env = { MTOOLSRC: '/dev/null', MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C.UTF-8' };
  await execa('mcopy', ['-s', '-n', '-i', `${image}${offset}`, '::*', into], { env });
  return readTree(into);
}
