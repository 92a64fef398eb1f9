import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { eventually } from '../support/until.ts';

/** Ours and the machine's end of the cable between. */
export const outside = '10.99.0.1';
export const inside = '10.99.0.2';

export type Release = 'bookworm' | 'trixie';

export interface Exit {
  /** Of standard output and standard error. */
  readonly output: string;
  /** 124: it took too long, and was ended. Undefined: a signal ended it. */
  readonly code: number | undefined;
}

/**
 * Runs a program in a control group of its own, given by name, in each hierarchy that systemd uses:
 * two machines that shared one would find processes there that they can't see, and kill none.
 */
const inOwnGroup = `for at in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
  if [ -e "$at/cgroup.procs" ]; then mkdir -p "$at/$0"; echo $$ >"$at/$0/cgroup.procs"; fi
done
exec "$@"`;

/**
 * A Debian that was booted by its own systemd, on a copy of its disk that goes when it does, with a
 * cable to the network namespace that this process runs in. Needs root, and namespaces of network and
 * mounts that nobody else uses.
 */
export class Machine implements AsyncDisposable {
  readonly #directory: string;
  #nspawn: ChildProcess | undefined;
  #output = '';
  #leader = '';

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async boot(release: Release): Promise<Machine> {
    const directory = await mkdtemp(join(tmpdir(), 'cctv-machine-'));
    await execa('mount', ['-t', 'tmpfs', 'none', directory]);
    for (const part of ['changed', 'work', 'disk']) mkdirSync(join(directory, part));
    // Made by `bin/tools package`, and not to be changed.
    const debian = join(import.meta.dirname, `../../.tools/machine-${release}`);
    const layers = `lowerdir=${debian},upperdir=${directory}/changed,workdir=${directory}/work`;
    await execa('mount', ['-t', 'overlay', 'overlay', '-o', layers, `${directory}/disk`]);
    const machine = new Machine(directory);
    await machine.start();
    return machine;
  }

  /** The path from here of a file in it. */
  path(file: string): string {
    return join(this.#directory, 'disk', file);
  }

  /** Boots it, for the first time or after its power was off. */
  async start(): Promise<void> {
    const nspawn = spawn(
      'sh',
      [
        '-c',
        inOwnGroup,
        basename(this.#directory),
        'setpriv',
        '--pdeathsig',
        'TERM',
        '--',
        'systemd-nspawn',
        '--quiet',
        '-D',
        this.path('/'),
        '--register=no',
        '--keep-unit',
        '--machine=cctv',
        '--network-veth',
        '--resolv-conf=off',
        '--console=pipe',
        '--boot',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#nspawn = nspawn;
    for (const stream of [nspawn.stdout, nspawn.stderr]) {
      stream.on('data', (text: Buffer) => (this.#output += text.toString()));
    }
    this.#leader = await eventually('a first process', 20_000, () => {
      if (nspawn.exitCode !== null) throw new Error(this.#output);
      // Until it is systemd, it is a helper of nspawn that will be gone.
      return children(nspawn.pid ?? 0).find(
        (pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'systemd\n',
      );
    });
    await eventually('a machine that has booted', 60_000, async () =>
      ['running', 'degraded'].includes(await this.run('systemctl', 'is-system-running')),
    );
    await execa('ip', ['address', 'replace', `${outside}/24`, 'dev', 've-cctv']);
    await execa('ip', ['link', 'set', 've-cctv', 'up']);
    await this.run('ip', 'address', 'replace', `${inside}/24`, 'dev', 'host0');
    await this.run('ip', 'link', 'set', 'host0', 'up');
  }

  /** Runs a program in it as root, and returns its output, with standard error, whatever its exit code. */
  async run(...command: readonly string[]): Promise<string> {
    return (await this.try(...command)).output;
  }

  /** The same, with its exit code. */
  async try(...command: readonly string[]): Promise<Exit> {
    const { all, exitCode } = await execa(
      'nsenter',
      [
        '--target',
        this.#leader,
        '--all',
        '--',
        // From out here only nsenter could be ended, and what it started would keep our pipe open.
        'timeout',
        '--kill-after=5',
        '90',
        ...command,
      ],
      {
        all: true,
        reject: false,
        env: { DEBIAN_FRONTEND: 'noninteractive', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        extendEnv: false,
      },
    );
    return { output: all, code: exitCode };
  }

  /** The same in a shell of it, which stops at the first failure. */
  async sh(script: string): Promise<string> {
    return await this.run('sh', '-euc', script);
  }

  /** A property of the daemon's unit. */
  async unit(property: string): Promise<string> {
    return await this.run('systemctl', 'show', '-P', property, 'sapiengraph-cctv');
  }

  async install(deb: string): Promise<string> {
    const file = join('/var/tmp', basename(deb));
    await copyFile(deb, this.path(file));
    return await this.run('apt-get', 'install', '--yes', file);
  }

  /** Everything in it is stopped in order. */
  async powerOff(): Promise<void> {
    const gone = this.#gone();
    await this.run('systemctl', 'poweroff');
    await gone;
  }

  /** Everything in it is gone at once; what was written to its disk is there. */
  async cutPower(): Promise<void> {
    const gone = this.#gone();
    // With the first process of a namespace all others end; without nspawn alone, none.
    if (this.#leader !== '') process.kill(Number(this.#leader), 'SIGKILL');
    else this.#nspawn?.kill('SIGKILL');
    await gone;
  }

  get #isOn(): boolean {
    return this.#nspawn?.exitCode === null && this.#nspawn.signalCode === null;
  }

  async #gone(): Promise<void> {
    if (this.#nspawn !== undefined && this.#isOn) {
      await once(this.#nspawn, 'exit', { signal: AbortSignal.timeout(120_000) });
    }
    this.#leader = '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOn) await this.cutPower();
    for (const at of ['', 'systemd/', 'unified/']) {
      const group = `/sys/fs/cgroup/${at}${basename(this.#directory)}`;
      await execa('find', [group, '-depth', '-type', 'd', '-delete'], { reject: false });
    }
    await execa('umount', ['--lazy', join(this.#directory, 'disk')], { reject: false });
    await execa('umount', ['--lazy', this.#directory], { reject: false });
    await rm(this.#directory, { recursive: true, force: true });
  }
}

const children = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
