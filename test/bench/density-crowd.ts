import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DaemonClient } from '../../src/cli/client.ts';
import { makeDropbearKey } from '../../src/provision/dropbear-key.ts';
import type { Site } from '../support/site.ts';
import { dbclients } from '../support/tools.ts';
import { eventually } from '../support/until.ts';

export const account = 'bach';

/** Many cameras of a site, which dial in when told to and not again. */
export class Crowd implements AsyncDisposable {
  readonly #site: Site;
  readonly #home: string;
  readonly #daemon: DaemonClient;
  readonly #clients = new Set<ChildProcess>();
  readonly #enrolled = new Set<string>();

  private constructor(site: Site) {
    this.#site = site;
    this.#home = join(site.directory, 'crowd');
    this.#daemon = new DaemonClient(() => Promise.resolve(site.socket));
  }

  static async of(site: Site): Promise<Crowd> {
    const crowd = new Crowd(site);
    await mkdir(join(crowd.#home, '.ssh'), { recursive: true, mode: 0o700 });
    const taking = site.log.find(({ message }) => message === 'taking cameras');
    const known = `127.0.0.1 ${String(taking?.['hostKeyLine'])}\n`;
    await writeFile(join(crowd.#home, '.ssh', 'known_hosts'), known);
    await site.cctv('account', 'add', account);
    return crowd;
  }

  async enrol(name: string): Promise<void> {
    if (this.#enrolled.has(name)) return;
    const { file, publicLine } = makeDropbearKey();
    await writeFile(join(this.#home, name), file, { mode: 0o600 });
    await this.#daemon.post('/cameras', 'CameraAnswer', { account, name, key: publicLine });
    this.#enrolled.add(name);
  }

  /** Dials in once; with an RTSP server at this port, or as a tunnel without any use. */
  dial(name: string, rtspPort?: number): ChildProcess {
    const forward = rtspPort === undefined ? [] : ['-R', `554:127.0.0.1:${rtspPort}`];
    const client = spawn(
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
        join(this.#home, name),
        ...forward,
        '-p',
        `${this.#site.tunnelPort}`,
        `${account}.${name}@127.0.0.1`,
      ],
      { env: { ...process.env, HOME: this.#home }, stdio: 'ignore' },
    );
    this.#clients.add(client);
    client.once('exit', () => this.#clients.delete(client));
    return client;
  }

  /** How long a camera waits for its tunnel, from the start of its dbclient, in ms; then it hangs up. */
  async logInMs(name: string): Promise<number> {
    const { log } = this.#site;
    const from = log.length;
    const begunMs = Date.now();
    const client = this.dial(name);
    try {
      const line = await eventually('a log-in', 20_000, () =>
        log
          .slice(from)
          .find((one) => one.message === 'camera dialled in' && one.camera?.endsWith(name)),
      );
      return Date.parse(String(line['timestamp'] ?? line['time'])) - begunMs;
    } finally {
      const gone = once(client, 'exit');
      client.kill('SIGKILL');
      await gone;
    }
  }

  get clientPids(): number[] {
    return [...this.#clients].flatMap(({ pid }) => pid ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = [...this.#clients].map(async (client) => {
      const exit = once(client, 'exit');
      client.kill('SIGKILL');
      await exit;
    });
    await Promise.all(gone);
    // So that who comes next finds the machine as it was.
    await eventually('the end of all recordings', 60_000, async () => {
      await delay(200);
      return this.#site.children().length === 0;
    });
  }
}
