import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Child } from '../../src/lib/child.ts';
import { loadHostKey } from '../../src/tunnel/host-key.ts';
import { dbclients } from '../support/tools.ts';
import { descendants, listeningPorts } from '../support/processes.ts';
import { eventually } from '../support/until.ts';
import { AnsweringProcess } from './answering-process.ts';
import { costOf } from './cost.ts';
import { findRival } from './rival.ts';
import type { TunnelAnswer, TunnelQuestion } from './tunnel-process.ts';
import { freePorts } from '../support/ports.ts';

/** The release in which both servers meet the client with the same key exchange and cipher. */
const cameraRelease = '2022.83';
const dialledAtOnce = 5;
const upWithinMs = 30_000;

const dropbear = dbclients().find(({ version }) => version === cameraRelease);
if (dropbear === undefined)
  throw new Error(`dropbear ${cameraRelease} is missing: run bin/tools bench`);
const { dbclient, dropbearkey } = dropbear;
export const clientName = `dropbear ${cameraRelease}`;

/** A camera's key pair. */
interface CameraKey {
  readonly file: string;
  /** As a line of authorized_keys. */
  readonly line: string;
}

export function makeKeys(directory: string, count: number): readonly CameraKey[] {
  return Array.from({ length: count }, (_, index) => {
    const file = join(directory, `camera-${index}`);
    execFileSync(dropbearkey, ['-t', 'ed25519', '-f', file], { stdio: 'ignore' });
    const told = execFileSync(dropbearkey, ['-y', '-f', file], { encoding: 'utf8' });
    return { file, line: /^ssh-ed25519 \S+/m.exec(told)?.[0] ?? '' };
  });
}

/** Cameras that have dialled in; disposing of them hangs up. */
export interface Dialled extends AsyncDisposable {
  /** On which a server's own programs reach the cameras' service. */
  readonly ports: readonly number[];
}

/** A server that cameras dial in to. */
export interface SshWay extends AsyncDisposable {
  readonly name: string;
  /** Its processes that live now. */
  readonly pids: readonly number[];
  /** What all its processes took since it began, those that have ended too. Exact to 20 ms, while no camera is there. */
  readonly cpuMs: number;
  /** Resolves when a program of the server could reach each camera's service. */
  dial(cameras: number, servicePort: number): Promise<Dialled>;
  /** Lets go of memory that is not used any more. */
  tidy(): Promise<void>;
}

interface Call {
  readonly user: string;
  readonly port: number;
  /** Where known_hosts lies. */
  readonly home: string;
  readonly forward: string;
  readonly options: readonly string[];
}

/** A camera's dbclient. */
class Caller implements AsyncDisposable {
  readonly #child: Child;
  readonly #said = Promise.withResolvers<void>();

  constructor(key: CameraKey, { user, port, home, forward, options }: Call) {
    this.#child = new Child({
      name: 'dbclient',
      file: dbclient,
      args: [
        '-T',
        '-i',
        key.file,
        '-p',
        String(port),
        '-R',
        forward,
        ...options,
        `${user}@127.0.0.1`,
      ],
      env: { HOME: home },
      onStdoutLine: () => this.#said.resolve(),
    });
  }

  /** Resolves when something that the server runs for it has said something; rejects if it ended. */
  async said(): Promise<void> {
    await Promise.race([this.#said.promise, this.fails()]);
  }

  async fails(): Promise<never> {
    await this.#child.ended(new AbortController().signal);
    throw new Error('it was hung up');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stop();
  }
}

async function dialAll(
  keys: readonly CameraKey[],
  callOf: (index: number) => Call,
  portsOf: (callers: readonly Caller[], first: number) => Promise<readonly number[]>,
): Promise<Dialled> {
  await using stack = new AsyncDisposableStack();
  const ports: number[] = [];
  for (let first = 0; first < keys.length; first += dialledAtOnce) {
    const callers = keys
      .slice(first, first + dialledAtOnce)
      .map((key, index) => stack.use(new Caller(key, callOf(first + index))));
    const failed = Promise.race(callers.map((caller) => caller.fails()));
    ports.push(...(await Promise.race([portsOf(callers, first), failed])));
    failed.catch(() => {});
  }
  const callers = stack.move();
  return { ports, [Symbol.asyncDispose]: () => callers.disposeAsync() };
}

function trust(home: string, hostKeyLine: string): void {
  mkdirSync(join(home, '.ssh'), { recursive: true });
  writeFileSync(join(home, '.ssh', 'known_hosts'), `127.0.0.1 ${hostKeyLine}\n`);
}

/** Our server, in a process of its own. */
export async function embedded(directory: string, keys: readonly CameraKey[]): Promise<SshWay> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(new AnsweringProcess('tunnel-process.ts'));
  const ask = (question: TunnelQuestion) => server.ask<TunnelAnswer>(question, upWithinMs);
  mkdirSync(directory);
  const nameOf = (index: number): string => `bach/camera-${index}`;
  const { ports, hostKeyLine = '' } = await ask({
    hostKeyFile: join(directory, 'host-key'),
    keys: Object.fromEntries(keys.map(({ line }, index) => [nameOf(index), line])),
  });
  trust(directory, hostKeyLine);
  const [port = 0] = ports;
  const owned = stack.move();
  return {
    name: 'ours',
    pids: [server.pid],
    get cpuMs() {
      return costOf([server.pid]).cpuMs;
    },
    dial: (cameras, servicePort) =>
      dialAll(
        keys.slice(0, cameras),
        (index) => ({
          user: nameOf(index).replace('/', '.'),
          port,
          home: directory,
          forward: `554:127.0.0.1:${servicePort}`,
          options: ['-N'],
        }),
        async (callers, first) => {
          const portsOf = callers.map((_, index) => nameOf(first + index));
          return (await ask({ portsOf })).ports;
        },
      ),
    tidy: async () => void (await ask({ tidy: true })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Its children are `sshd: USER`, two for each camera; what they run for the camera isn't theirs. */
function sshdProcesses(pid: number): number[] {
  const children = descendants(pid).filter(({ command }) =>
    /^(\/usr\/sbin\/)?sshd\b/.test(command),
  );
  return [pid, ...children.map((child) => child.pid)];
}

const clockTickMs = 10;

/** With that of its children that have ended (proc_pid_stat). */
function cpuWithChildrenMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0) * clockTickMs;
}

const cameraUser = 'camera';

/**
 * OpenSSH's server, which runs a command for each camera that stays as long as the camera. The
 * cameras' user is known in its mount namespace only.
 */
export async function openSsh(directory: string, keys: readonly CameraKey[]): Promise<SshWay> {
  const { file } = findRival('/usr/sbin/sshd', 'openssh-server', ['-V']);
  if (process.getuid?.() !== 0) throw new Error('as root, please: else sshd lets nobody else in');
  mkdirSync(directory);
  const inside = (name: string): string => join(directory, name);
  const hostKey = await loadHostKey(inside('host-key'), 'ssh-ed25519');
  trust(directory, hostKey.line);
  const [port = 0, ...ports] = await freePorts(1 + keys.length);
  // The service that it started would go with the camera, and its first line says that it may begin.
  const command = 'echo up; exec setpriv --pdeathsig KILL sleep 3600';
  const users = readFileSync('/etc/passwd', 'utf8');
  writeFileSync(inside('passwd'), `${users}${cameraUser}:*:64242:64242::/nonexistent:/bin/sh\n`);
  const authorized = keys.map(({ line }) => `command="${command}" ${line}\n`);
  writeFileSync(inside('authorized_keys'), authorized.join(''));
  chmodSync(directory, 0o755);
  writeFileSync(inside('sshd_config'), configuration(directory, port));
  const start = `mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && mount --bind "$1" /etc/passwd && exec ${file} -D -e -f "$2"`;
  await using stack = new AsyncDisposableStack();
  const server = stack.use(
    new Child({
      name: 'sshd',
      file: 'unshare',
      args: ['--mount', 'sh', '-c', start, 'sh', inside('passwd'), inside('sshd_config')],
    }),
  );
  const pid = server.pid ?? 0;
  await Promise.race([
    eventually('sshd listening', 10_000, () => listeningPorts(pid).includes(port)),
    server.ended(new AbortController().signal),
  ]);
  const owned = stack.move();
  return {
    name: 'OpenSSH sshd',
    get pids() {
      return sshdProcesses(pid);
    },
    get cpuMs() {
      return cpuWithChildrenMs(pid);
    },
    dial: (cameras, servicePort) =>
      dialAll(
        keys.slice(0, cameras),
        (index) => ({
          user: cameraUser,
          port,
          home: directory,
          options: [],
          forward: `${ports[index]}:127.0.0.1:${servicePort}`,
        }),
        async (callers, first) => {
          await Promise.all(callers.map((caller) => caller.said()));
          return ports.slice(first, first + callers.length);
        },
      ),
    tidy: () => delay(0),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const configuration = (directory: string, port: number) => `ListenAddress 127.0.0.1
Port ${port}
HostKey ${directory}/host-key
AuthorizedKeysFile ${directory}/authorized_keys
StrictModes no
UsePAM no
PidFile none
LogLevel ERROR
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowTcpForwarding remote
Compression no
MaxStartups 100
ClientAliveInterval 15
PrintMotd no
PrintLastLog no
`;
