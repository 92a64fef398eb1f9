import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { loadHostKey } from '../../src/tunnel/host-key.ts';
import { eventually } from '../support/until.ts';
import { dropbears, LocalServer } from './rig.ts';

export interface AttackedSetup {
  readonly hostKeyFile: string;
  /** Names of cameras, and their public keys. */
  readonly keys: Readonly<Record<string, string>>;
}

export interface AttackedReport {
  readonly port: number;
  readonly hostKeyLine: string;
  /** The most memory held since the last "begin". */
  readonly peakBytes: number;
  readonly victim: {
    readonly frames: number;
    readonly damaged: number;
    readonly ended: boolean;
  };
  readonly uncaught: readonly string[];
}

/** A frame of the victim's stream: about 2 Mbit/s at 25 frames a second. */
export const frameBytes = 10_000;
export function frameAt(index: number): Buffer {
  const frame = Buffer.alloc(frameBytes, index % 251);
  frame.writeUInt32BE(index);
  return frame;
}

/** A tunnel server in its own process, and a camera that streams to it through a real dbclient. */
export class Attacked implements AsyncDisposable {
  readonly directory: string;
  readonly #stack = new AsyncDisposableStack();
  readonly #privateKeys = new Map<string, string>();
  #child: ChildProcess | undefined;
  #framesSent = 0;
  #streaming = true;
  port = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  static async start(): Promise<Attacked> {
    const attacked = new Attacked(await mkdtemp(join(tmpdir(), 'attacked-')));
    try {
      await attacked.#start();
    } catch (error) {
      await attacked[Symbol.asyncDispose]();
      throw error;
    }
    return attacked;
  }

  /** The private key of an enrolled camera: `bach/unread` or `bach/door`. */
  privateKey(name: string): string {
    return this.#privateKeys.get(name) ?? '';
  }

  async ask(request: 'begin' | 'report'): Promise<AttackedReport> {
    if (this.#child?.exitCode !== null) throw new Error('the server is gone');
    const answer = once(this.#child, 'message', { signal: AbortSignal.timeout(30_000) });
    this.#child.send(request);
    return (await answer)[0] as AttackedReport;
  }

  /** Frames that the victim has sent. */
  get framesSent(): number {
    return this.#framesSent;
  }

  /** Ends the victim's stream; resolves when the server has read the last of it. */
  async finishStream(): Promise<AttackedReport> {
    this.#streaming = false;
    return await eventually('the end of the stream', 20_000, async () => {
      const report = await this.ask('report');
      return report.victim.ended ? report : undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const keys: Record<string, string> = {};
    for (const name of ['bach/unread', 'bach/door']) {
      const file = join(this.directory, name.replace('/', '.'));
      const { line } = await loadHostKey(file, 'ssh-ed25519');
      keys[name] = line;
      this.#privateKeys.set(name, await readFile(file, 'utf8'));
    }
    const key = join(this.directory, 'victim');
    const [{ dbclient, dropbearkey } = { dbclient: 'dbclient', dropbearkey: 'dropbearkey' }] =
      dropbears;
    await execa(dropbearkey, ['-t', 'ed25519', '-f', key]);
    keys['bach/victim'] = (await execa(dropbearkey, ['-y', '-f', key])).stdout;

    const setup: AttackedSetup = { hostKeyFile: join(this.directory, 'host-ed25519'), keys };
    const program = join(import.meta.dirname, 'attacked-server.ts');
    const child = fork(program, [JSON.stringify(setup)], { execArgv: ['--expose-gc'] });
    this.#child = child;
    this.#stack.defer(async () => {
      const exited = once(child, 'exit');
      if (child.connected) child.send('stop');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exited;
      clearTimeout(timer);
    });
    await once(child, 'message', { signal: AbortSignal.timeout(20_000) });
    const { port, hostKeyLine } = await this.ask('report');
    this.port = port;

    const camera = await LocalServer.start((socket) => {
      const timer = setInterval(() => {
        if (this.#streaming) socket.write(frameAt(this.#framesSent++));
        else socket.end();
      }, 40);
      socket.once('close', () => clearInterval(timer));
    });
    this.#stack.use(camera);
    mkdirSync(join(this.directory, '.ssh'));
    writeFileSync(join(this.directory, '.ssh', 'known_hosts'), `127.0.0.1 ${hostKeyLine}\n`);
    const args = ['-N', '-T', '-i', key, '-p', String(port), '-R', `554:127.0.0.1:${camera.port}`];
    const dialled = execa(dbclient, [...args, 'bach.victim@127.0.0.1'], {
      reject: false,
      stdin: 'ignore',
      env: { HOME: this.directory },
    });
    this.#stack.defer(async () => {
      dialled.kill();
      await dialled;
    });
    await eventually(
      'the stream',
      20_000,
      async () => (await this.ask('report')).victim.frames > 50,
    );
  }
}
