import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { newestDropbear } from './tunnel-directory.ts';

const firmware = join(import.meta.dirname, '../../firmware');
const unitFile = '/etc/systemd/system/sapiengraph-bridge@.service';

/** With the dropbear of these tests ahead of the machine's own. */
const path = [dirname(newestDropbear().dbclient), process.env['PATH']].join(delimiter);

/** A Linux that becomes a bridge: the root that install.sh installs into, and the folder it comes in. */
export class Bridge implements AsyncDisposable {
  readonly directory: string;
  /** What the operator copies onto it: install.sh, what it installs, and a folder for each camera. */
  readonly folder: string;
  readonly root: string;
  readonly #services = new Map<string, Service>();

  private constructor(directory: string) {
    this.directory = directory;
    this.folder = join(directory, 'folder');
    this.root = join(directory, 'root');
  }

  static async make(): Promise<Bridge> {
    const bridge = new Bridge(await mkdtemp(join(tmpdir(), 'cctv-bridge-')));
    await cp(join(firmware, 'generic'), bridge.folder, { recursive: true });
    await cp(join(firmware, 'common/tunnel.sh'), join(bridge.folder, 'tunnel.sh'));
    await mkdir(join(bridge.root, 'etc/systemd/system'), { recursive: true });
    return bridge;
  }

  get cameras(): string {
    return join(this.root, 'etc/sapiengraph-bridge');
  }

  async install(...args: readonly string[]): Promise<string> {
    const { stdout } = await execa(
      'sh',
      [join(this.folder, 'install.sh'), ...args, '--root', this.root],
      {
        env: { PATH: path },
      },
    );
    return stdout;
  }

  /**
   * Checks the unit of a camera with systemd's own analyzer.
   *
   * @returns what it complains of
   */
  async verify(camera: string): Promise<string> {
    const targets = '/usr/lib/systemd/system';
    await cp(targets, join(this.root, targets), { recursive: true, verbatimSymlinks: true });
    const unit = `sapiengraph-bridge@${camera}.service`;
    const { all } = await execa('systemd-analyze', ['verify', `--root=${this.root}`, unit], {
      all: true,
    });
    return all;
  }

  /** Does for a camera what its unit tells systemd to do. */
  start(camera: string): void {
    const unit = readFileSync(join(this.root, unitFile), 'utf8').replaceAll('%i', camera);
    const setting = (name: string): string =>
      new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? `the unit has no ${name}`;
    if (setting('Restart') !== 'always') throw new Error('the unit has to say Restart=always');
    const service = new Service(
      join(this.root, setting('ExecStart')),
      join(this.root, 'run', setting('RuntimeDirectory')),
      Number(setting('RestartSec')) * 1_000,
    );
    this.#services.set(camera, service);
  }

  /** The process that systemd watches. */
  pid(camera: string): number | undefined {
    return this.#services.get(camera)?.pid;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#services.values()].map((one) => one[Symbol.asyncDispose]()));
    this.#services.clear();
  }

  /** Runs run-all.sh as an init without systemd would. */
  runAll(): ChildProcess {
    return spawn('setpriv', ['--pdeathsig', 'TERM', '--', join(this.cameras, 'run-all.sh')], {
      env: { PATH: path, RUNTIME_DIRECTORY: join(this.root, 'run/all') },
      stdio: 'ignore',
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A program that is started again whenever it ends. */
class Service implements AsyncDisposable {
  readonly #end = new AbortController();
  readonly #life: Promise<void>;
  #child: ChildProcess | undefined;

  constructor(program: string, runtimeDirectory: string, restartMs: number) {
    this.#life = this.#run(program, runtimeDirectory, restartMs);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async #run(program: string, runtimeDirectory: string, restartMs: number): Promise<void> {
    const { signal } = this.#end;
    await mkdir(runtimeDirectory, { recursive: true });
    while (!signal.aborted) {
      const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program], {
        env: { PATH: path, RUNTIME_DIRECTORY: runtimeDirectory },
        stdio: ['ignore', 'ignore', 'inherit'],
        detached: true,
      });
      this.#child = child;
      const gone = once(child, 'exit');
      const stop = (): void => void child.kill();
      signal.addEventListener('abort', stop, { once: true });
      await gone;
      signal.removeEventListener('abort', stop);
      endGroup(child);
      await delay(restartMs, undefined, { signal }).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#life;
  }
}

/** As systemd does with what is left of a service. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing was left.
  }
}
