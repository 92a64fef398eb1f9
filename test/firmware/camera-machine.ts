import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { descendants, type ProcessInfo } from '../support/processes.ts';
import { bookwormMipsel, dbclients, ffmpeg, qemuMipsel } from '../support/tools.ts';

const firmware = join(import.meta.dirname, '../../firmware');
const rtspStandIn = join(import.meta.dirname, '../stand-ins/rtsp-camera.ts');
const boot = join(import.meta.dirname, 'boot.sh');

const unshare = ['-U', '-r', '-m', '-p', '-f', '--kill-child', '--'];

/**
 * The processor of the camera, unless CCTV_TEST_ARCHITECTURE names the other. Programs of the emulated one can be run where the kernel lets a user
 * namespace have a binfmt_misc of its own (Linux 6.7); elsewhere it is this machine's, with the same
 * programs otherwise.
 */
export const architecture: 'mipsel' | 'native' = (() => {
  if (process.env['CCTV_TEST_ARCHITECTURE'] === 'native') return 'native';
  try {
    const mount = 'mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc';
    execFileSync('unshare', [...unshare, 'sh', '-c', mount], { stdio: 'ignore' });
    return 'mipsel';
  } catch {
    return 'native';
  }
})();

export interface CameraFiles {
  readonly servers: string;
  readonly login: string;
  /** In dropbear's format; undefined on a card for a batch. */
  readonly key: Buffer | undefined;
  readonly knownHosts: string;
}

/** A camera with Xiaomi-Dafang-Hacks and our overlay on its card, to be switched on and off. */
export class CameraMachine implements AsyncDisposable {
  readonly directory: string;
  readonly rtspPort: number;
  #init: ChildProcess | undefined;
  #output = '';

  private constructor(directory: string, rtspPort: number) {
    this.directory = directory;
    this.rtspPort = rtspPort;
  }

  static async create(files: CameraFiles): Promise<CameraMachine> {
    const directory = await mkdtemp(join(tmpdir(), 'cctv-machine-'));
    const machine = new CameraMachine(directory, await freePort());
    machine.#makeRoot();
    machine.#makeCard();
    machine.write('sapiengraph/tunnel.conf', [
      `SERVERS='${files.servers}'`,
      `LOGIN='${files.login}'`,
      `RTSP='127.0.0.1:${machine.rtspPort}'`,
    ]);
    machine.write('sapiengraph/.ssh/known_hosts', [files.knownHosts]);
    if (files.key !== undefined) {
      writeFileSync(machine.onCard('sapiengraph/id_dropbear'), files.key, { mode: 0o600 });
    }
    return machine;
  }

  onCard(path: string): string {
    return join(this.directory, 'card', path);
  }

  /** Writes a file of lines onto the card. */
  write(path: string, lines: readonly string[], mode = 0o755): void {
    const file = this.onCard(path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${lines.join('\n')}\n`);
    chmodSync(file, mode);
  }

  switchOn(card: 'writable' | 'read-only' | 'full' = 'writable'): void {
    const emulator = architecture === 'mipsel' ? [qemuMipsel] : [];
    const root = join(this.directory, 'root');
    this.#init = spawn(
      'setpriv',
      [
        '--pdeathsig',
        'KILL',
        '--',
        'unshare',
        ...unshare,
        boot,
        root,
        join(this.directory, 'card'),
        card,
        ...emulator,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const listen = (chunk: Buffer): void => void (this.#output += chunk.toString());
    this.#init.stdout?.on('data', listen);
    this.#init.stderr?.on('data', listen);
  }

  async switchOff(): Promise<void> {
    const init = this.#init;
    if (init === undefined || init.exitCode !== null || init.signalCode !== null) return;
    const gone = once(init, 'close');
    // With process 1 all others of its namespace end.
    for (const one of descendants(init.pid ?? 0).slice(0, 1)) process.kill(one.pid, 'SIGKILL');
    await gone;
  }

  /** What the console shows. */
  get output(): string {
    return this.#output;
  }

  /** Processes of the camera whose command line has `text` in it, as this machine sees them. */
  processes(text: string): ProcessInfo[] {
    return descendants(this.#init?.pid ?? 0).filter(({ command }) => command.includes(text));
  }

  get dbclients(): ProcessInfo[] {
    return this.processes('dbclient -N');
  }

  get rtspServers(): ProcessInfo[] {
    return this.processes('rtsp-camera.ts');
  }

  get init(): ProcessInfo | undefined {
    return this.processes('')[0];
  }

  /** A file of the running camera; empty if there is none. */
  read(path: string): string {
    try {
      return readFileSync(`/proc/${this.init?.pid}/root${path}`, 'utf8');
    } catch {
      return '';
    }
  }

  /** The line that the tunnel has to say. */
  get status(): string {
    return this.read('/run/sapiengraph/status').trim();
  }

  /** Which shine. */
  get leds(): string {
    const shines = (gpio: number): boolean =>
      this.read(`/sys/class/gpio/gpio${gpio}/value`).trim() === '0';
    return [shines(39) ? 'blue' : '', shines(38) ? 'yellow' : ''].filter(Boolean).join(' ');
  }

  /** Runs a command in the camera, as its own web page would. */
  run(command: string): string {
    const enter = ['-U', '-m', '-p', '-r', '-t', `${this.init?.pid}`, '--preserve-credentials'];
    return execFileSync('nsenter', [...enter, '/bin/busybox', 'sh', '-c', command], {
      encoding: 'utf8',
      timeout: 20_000,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.switchOff();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Like the firmware's own read-only root: busybox, C library, dropbear. */
  #makeRoot(): void {
    const root = join(this.directory, 'root');
    const folders = 'bin sbin etc/init.d usr/bin usr/lib proc dev run tmp host system/sdcard root';
    for (const path of folders.split(' ')) mkdirSync(join(root, path), { recursive: true });
    for (const gpio of [38, 39]) {
      mkdirSync(join(root, `sys/class/gpio/gpio${gpio}`), { recursive: true });
      writeFileSync(join(root, `sys/class/gpio/gpio${gpio}/value`), '1\n');
    }
    const busybox = join(root, 'bin/busybox');
    if (architecture === 'mipsel') {
      cpSync(bookwormMipsel, root, { recursive: true, verbatimSymlinks: true });
    } else {
      cpSync(execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim(), busybox);
      // The oldest dropbear, with libraries of its own, whose paths are others here.
      const tree = join(dirname(realpathSync(dbclients[0]?.dbclient ?? '')), '../..');
      cpSync(tree, join(root, 'native'), { recursive: true, verbatimSymlinks: true });
      const libraries = '$(echo /native/lib/*-linux-gnu):$(echo /native/usr/lib/*-linux-gnu)';
      for (const name of ['dbclient', 'dropbearkey']) {
        const start = `/native/lib/*-linux-gnu/ld-linux*.so.? --library-path "${libraries}"`;
        const script = `#!/bin/sh\nexec ${start} /native/usr/bin/${name} "$@"\n`;
        writeFileSync(join(root, 'usr/bin', name), script, { mode: 0o755 });
      }
    }
    for (const applet of applets(busybox)) {
      const folder = applet === 'init' ? 'sbin' : 'bin';
      if (applet !== 'busybox') symlinkSync('/bin/busybox', join(root, folder, applet));
    }
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n');
    writeFileSync(join(root, 'etc/inittab'), '::sysinit:/etc/init.d/rcS\n');
    const rcS =
      '#!/bin/sh\n[ ! -x /system/sdcard/run.sh ] || /system/sdcard/run.sh >/run/startup.log 2>&1 &\n';
    writeFileSync(join(root, 'etc/init.d/rcS'), rcS, { mode: 0o755 });
  }

  /** What the firmware promises to what lies on its card, in few lines; then our files, as `cctv` lays them. */
  #makeCard(): void {
    this.write('run.sh', [
      '#!/bin/sh',
      'card=/system/sdcard',
      'mkdir -p $card/etc',
      'for file in inittab passwd; do [ -f $card/etc/$file ] || cp /etc/$file $card/etc; done',
      'mount -o bind $card/bin/busybox /bin/busybox',
      'mount -o bind $card/etc /etc',
      'for i in $card/config/autostart/*; do $i & done',
    ]);
    cpSync(join(this.directory, 'root/bin/busybox'), this.onCard('bin/busybox'));
    this.write('bin/dropbearmulti', ['#!/bin/sh', 'exec /usr/bin/"$@"']);
    this.write('bin/v4l2rtspserver-master', [
      '#!/bin/sh',
      'while [ "$1" != -P ]; do shift; done',
      `export PATH=${dirname(ffmpeg)}:$PATH`,
      `exec chroot /host ${process.execPath} ${rtspStandIn} --port "$2" --size 320x180`,
    ]);
    this.write('config/rtspserver.conf', [`PORT=${this.rtspPort}`, 'CODEC=H264', 'BITRATE=5000']);
    cpSync(join(firmware, 'common'), this.onCard('sapiengraph'), { recursive: true });
    cpSync(join(firmware, 'dafang/overlay'), this.onCard(''), { recursive: true });
  }
}

function applets(busybox: string): string[] {
  const [command, ...args] =
    architecture === 'mipsel' ? [qemuMipsel, busybox, '--list'] : [busybox, '--list'];
  return execFileSync(command ?? '', args, { encoding: 'utf8' })
    .trim()
    .split('\n');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
