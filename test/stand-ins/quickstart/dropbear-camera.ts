import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { Child } from '../../../src/lib/child.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { Log } from '../../../src/lib/log.ts';
import { supervise } from '../../../src/lib/supervise.ts';
import { dbclients } from '../../support/tools.ts';

export interface Dialled {
  readonly host: string;
  readonly port: number;
  /** The server's host key, as in known_hosts; no other is accepted. */
  readonly hostKeyLine: string;
  /** Where the RTSP server is, as the camera sees it. */
  readonly rtsp: { readonly host: string; readonly port: number };
}

/** What a camera has beside its RTSP server: a key, and a dropbear client that is kept alive. */
export class DropbearCamera {
  readonly name: string;
  readonly publicKey: string;
  readonly #home: string;

  private constructor(name: string, home: string, publicKey: string) {
    this.name = name;
    this.#home = home;
    this.publicKey = publicKey;
  }

  /** Makes a key in `home` if there is none. */
  static async open(name: string, home: string): Promise<DropbearCamera> {
    await mkdir(join(home, '.ssh'), { recursive: true, mode: 0o700 });
    const key = join(home, 'id_dropbear');
    const { dropbearkey } = newest();
    if (!existsSync(key)) await execa(dropbearkey, ['-t', 'ed25519', '-f', key]);
    const { stdout } = await execa(dropbearkey, ['-y', '-f', key]);
    const publicKey = stdout.split('\n').find((line) => line.startsWith('ssh-')) ?? '';
    return new DropbearCamera(name, home, publicKey);
  }

  /** Dials in, and again whenever the connection ends, until `signal` aborts. */
  async keepDialling(to: Dialled, log: Log, signal: AbortSignal): Promise<void> {
    await writeFile(join(this.#home, '.ssh/known_hosts'), `${to.host} ${to.hostKeyLine}\n`);
    const args = [
      '-N',
      '-T',
      '-K',
      '5',
      '-i',
      join(this.#home, 'id_dropbear'),
      '-o',
      'ExitOnForwardFailure=yes',
      '-R',
      `554:${to.rtsp.host}:${to.rtsp.port}`,
      '-p',
      String(to.port),
      `${this.name.replace('/', '.')}@${to.host}`,
    ];
    await supervise(
      'dbclient',
      async (run) => {
        await using client = new Child({
          name: 'dbclient',
          file: newest().dbclient,
          args,
          env: { HOME: this.#home },
        });
        await client.ended(run);
      },
      {
        signal,
        restart: { minMs: 500, maxMs: 5_000, healthyAfterMs: 10_000 },
        clock: systemClock,
        log,
      },
    );
  }
}

function newest() {
  const dropbear = dbclients().at(-1);
  if (dropbear === undefined) throw new Error('there is no dbclient: run bin/tools');
  return dropbear;
}
