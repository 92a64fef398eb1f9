import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { descendants } from '../../support/processes.ts';
import { eventually } from '../../support/until.ts';

const checkout = join(import.meta.dirname, '../../..');
const tools = join(checkout, '.tools');

export type Suite = 'bookworm' | 'trixie';
export type User = 'root' | 'someone';

export interface MachineOptions {
  readonly suite: Suite;
  /** The folder below the user's home that holds the checkout; `checkout` unless given. */
  readonly folder?: string;
}

/**
 * How this machine reaches its package registries: it is its own affair, and goes along. Other variables of ours do
 * not, as a newcomer hasn't got them.
 */
const isOfRegistries = (name: string): boolean =>
  /CERT|_CA_|CAINFO|^DEBIAN_MIRROR$|_proxy$/i.test(name);

/**
 * A bare Debian in a folder of its own, as a newcomer has it (`bin/tools fresh` made it), with a clone of what is
 * committed here. Its processes, mounts and host name are its own, its network is this machine's. Needs root.
 */
export class FreshMachine implements AsyncDisposable {
  readonly #root: string;
  /** The checkout, as seen in the machine. */
  readonly checkout: string;

  private constructor(root: string, folder: string) {
    this.#root = root;
    this.checkout = join('/home/someone', folder);
  }

  static async make({ suite, folder = 'checkout' }: MachineOptions): Promise<FreshMachine> {
    await mkdir(join(tools, 'fresh'), { recursive: true });
    const root = await mkdtemp(join(tools, 'fresh', 'run-'));
    const machine = new FreshMachine(root, folder);
    try {
      // With `join`, the dot that means its contents would go.
      await execa('cp', ['-a', '--reflink=auto', `${join(tools, `bare-${suite}`)}/.`, root]);
      await machine.#reachRegistries();
      // A machine without an init would start services by its old scripts.
      await writeFile(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
      await execa('git', [
        'clone',
        '--quiet',
        '--no-hardlinks',
        checkout,
        join(root, machine.checkout),
      ]);
      await execa('chroot', [root, 'chown', '-R', 'someone:', '/home/someone']);
      return machine;
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts a command in the checkout, with a terminal or without any. */
  start(user: User, command: readonly string[], terminal = false): Command {
    const asUser = user === 'root' ? [] : ['sudo', '-E', '-u', user, '-H', '--'];
    return new Command(this.#root, this.checkout, [...asUser, ...command], terminal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Mounts went with the namespace of each command.
    await execa('rm', ['-rf', '--one-file-system', this.#root]);
  }

  async #reachRegistries(): Promise<void> {
    const root = this.#root;
    const { stdout: globalNpmrc } = await execa('npm', ['config', 'get', 'globalconfig']);
    await cp('/etc/apt/apt.conf.d', join(root, 'etc/apt/apt.conf.d'), { recursive: true });
    const files = ['/etc/resolv.conf', '/etc/hosts', '/etc/npmrc', '/root/.npmrc', globalNpmrc];
    const certificates = Object.entries(process.env).flatMap(([name, value = '']) =>
      isOfRegistries(name) ? [value] : [],
    );
    for (const file of [...files, ...certificates]) {
      if (!(await isFile(file))) continue;
      await mkdir(dirname(join(root, file)), { recursive: true });
      await cp(file, join(root, file), { dereference: true });
      if (!file.endsWith('npmrc')) continue;
      // Node's headers on this machine are not on that one.
      const text = await readFile(file, 'utf8');
      await writeFile(join(root, file), text.replaceAll(/^nodedir.*\n?/gm, ''));
    }
    if (await isFile(join(root, 'root/.npmrc'))) {
      await cp(join(root, 'root/.npmrc'), join(root, 'home/someone/.npmrc'));
    }
    await rm(join(root, 'etc/ssl/certs'), { recursive: true, force: true });
    await execa('cp', ['-aL', '/etc/ssl/certs', join(root, 'etc/ssl/certs')]);
  }
}

/**
 * Mounts and goes into the root, and is then the first process of the machine, which heeds no signal: what is tried is
 * its child, with a process group of its own, as on a terminal. The machine has device files of its own, since what
 * runs as root in it could remove this machine's.
 */
const enter = `set -eu
# A root of its own, not a chroot, in which the kernel makes no user namespaces.
mount --bind "$1" "$1"
cd "$1"
mount -t tmpfs none dev
for device in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 dev/\${device%:*} c 1 \${device#*:}; done
mknod -m 666 dev/tty c 5 0
mknod -m 660 dev/loop-control c 10 237
for n in $(seq 0 63); do mknod -m 660 dev/loop$n b 7 $n; done
ln -s /proc/self/fd dev/fd; for n in 0:stdin 1:stdout 2:stderr; do ln -s /proc/self/fd/\${n%:*} dev/\${n#*:}; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 none dev/pts; ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777 none dev/shm
mount -t proc proc proc; mount -t sysfs sysfs sys
pivot_root . .
umount -l .
cd /
exec bash -c '
  cd "$1"; shift
  git config --global --add safe.directory "*"
  set -m
  if [ "$1" = terminal ]; then "\${@:2}"; else "\${@:2}" </dev/null & wait $!; fi' first "\${@:2}"`;

/** Runs a program on a terminal of its own, of which we have the other end. */
const onTerminal = `
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))`;

/** A program that runs in a fresh machine. */
export class Command implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #startedAt = performance.now();
  readonly #process: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  readonly #terminal: boolean;

  constructor(root: string, directory: string, command: readonly string[], terminal: boolean) {
    this.#terminal = terminal;
    const registries = Object.entries(process.env).filter(([name]) => isOfRegistries(name));
    const kind = terminal ? 'terminal' : 'none';
    const machine = [
      'unshare',
      '-m',
      '-p',
      '-u',
      '-f',
      '--kill-child=KILL',
      '--',
      'bash',
      '-c',
      enter,
      'enter',
      root,
      directory,
      kind,
      ...command,
    ];
    const [file = '', ...args] = terminal ? ['python3', '-c', onTerminal, ...machine] : machine;
    this.#process = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: '/root',
        TERM: 'dumb',
        LANG: 'C.UTF-8',
        ...Object.fromEntries(registries),
      },
    });
    this.#exit = once(this.#process, 'exit');
    for (const input of [this.#process.stdout, this.#process.stderr]) {
      if (input === null) continue;
      createInterface({ input }).on('line', (line) => this.lines.push(line.replace(/\r$/, '')));
    }
  }

  get #pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Since its start. */
  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }

  /** The first line that matches, now or later. Rejects, with all lines, if the program ends or time is up before. */
  async line(pattern: RegExp, withinMs: number): Promise<RegExpExecArray> {
    const find = (): RegExpExecArray | undefined => {
      for (const line of this.lines) {
        const match = pattern.exec(line);
        if (match !== null) return match;
      }
      return undefined;
    };
    await Promise.race([
      eventually(`${pattern}`, withinMs, find).catch(() => {}),
      this.#exit.then(() => new Promise((resolve) => setImmediate(resolve))),
    ]);
    const found = find();
    if (found !== undefined) return found;
    throw new Error(`no ${pattern} after ${this.seconds.toFixed(0)} s:\n${this.lines.join('\n')}`);
  }

  /** Presses Ctrl-C: on its terminal, or else as one would send it to the process group. */
  pressCtrlC(): void {
    if (this.#terminal) {
      this.#process.stdin?.write('\x03');
      return;
    }
    // unshare, the machine's first process, the program.
    const [, program] = descendants(this.#pid);
    if (program === undefined) throw new Error('nothing runs');
    process.kill(-program.pid, 'SIGINT');
  }

  /** Resolves with the exit code, or null if it had to be killed after `withinMs`. */
  async ended(withinMs: number): Promise<number | null> {
    const [code] = (await eventually('an end', withinMs, () =>
      this.#process.exitCode === null && this.#process.signalCode === null ? undefined : this.#exit,
    ).catch(() => [null])) as [number | null];
    return code;
  }

  /** Kills all that is left of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of descendants(this.#pid)) kill(pid);
    kill(this.#pid);
    await this.#exit;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}
