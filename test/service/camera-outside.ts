import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { dbclients } from '../support/tools.ts';
import { inside } from './machine.ts';

/** A camera on the other end of the machine's cable: a real dbclient in front of an RTSP server here. */
export class CameraOutside implements AsyncDisposable {
  readonly publicKey: string;
  readonly #home: string;
  readonly #user: string;
  readonly #rtspPort: number;
  readonly #life = new AbortController();
  #client: ChildProcess | undefined;
  #dialling: Promise<void> = Promise.resolve();

  private constructor(home: string, user: string, rtspPort: number) {
    this.#home = home;
    this.#user = user;
    this.#rtspPort = rtspPort;
    this.publicKey = join(home, 'id_dropbear.pub');
  }

  static async make(
    home: string,
    user: string,
    hostKeyLine: string,
    rtspPort: number,
  ): Promise<CameraOutside> {
    const camera = new CameraOutside(home, user, rtspPort);
    const dropbearkey = dbclients().at(-1)?.dropbearkey ?? '';
    const { stdout } = await execa(dropbearkey, ['-t', 'ed25519', '-f', join(home, 'id_dropbear')]);
    await writeFile(
      camera.publicKey,
      stdout.split('\n').find((line) => line.startsWith('ssh-')) ?? '',
    );
    await mkdir(join(home, '.ssh'));
    await writeFile(join(home, '.ssh', 'known_hosts'), `${inside} ${hostKeyLine}\n`);
    return camera;
  }

  /** Dials in to `host`, and again after each end, as a camera's init does. */
  keepDialling(host: string): void {
    this.#dialling = (async () => {
      while (!this.#life.signal.aborted) {
        this.#client = spawn(
          'setpriv',
          [
            '--pdeathsig',
            'KILL',
            '--',
            dbclients().at(-1)?.dbclient ?? '',
            '-N',
            '-T',
            '-K',
            '3',
            '-i',
            join(this.#home, 'id_dropbear'),
            '-o',
            'ExitOnForwardFailure=yes',
            '-R',
            `554:127.0.0.1:${this.#rtspPort}`,
            '-p',
            '2222',
            `${this.#user}@${host}`,
          ],
          { env: { PATH: process.env['PATH'], HOME: this.#home }, stdio: 'ignore' },
        );
        await once(this.#client, 'exit');
        await delay(500 + Math.random() * 1_000, undefined, { signal: this.#life.signal }).catch(
          () => {},
        );
      }
    })();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    this.#client?.kill('SIGKILL');
    await this.#dialling;
  }
}
