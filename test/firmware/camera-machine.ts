import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { descendants, type ProcessInfo } from '../support/processes.ts';
import { bookwormMipsel, dbclients, ffmpeg, qemuMipsel } from '../support/tools.ts';
import { freePort } from '../support/ports.ts';

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

  /**
   * @param writeCard writes the camera's card as an image, from the directory with the camera's firmware
   */
  static async create(
    writeCard: (firmware: string, image: string) => Promise<void>,
  ): Promise<CameraMachine> {
    const directory = await mkdtemp(join(tmpdir(), 'cctv-machine-'));
    const machine = new CameraMachine(directory, await freePort());
    try {
      machine.#makeRoot();
      machine.#makeFirmware(join(directory, 'firmware_mod'));
      const image = join(directory, 'card.img');
      await writeCard(join(directory, 'firmware_mod'), image);
      await machine.#insert(image);
    } catch (error) {
      await machine[Symbol.asyncDispose]();
      throw error;
    }
    return machine;
  }

  onCard(path: string): string {
    return join(this.directory, 'card', path);
  }

  /** Writes a file of lines onto the card. */
  write(path: string, lines: readonly string[]): void {
    writeLines(this.onCard(path), lines);
  }

  /** What the firmware itself writes onto its card when it is started for the first time. */
  writeAsStartedBefore(): void {
    for (const file of ['inittab', 'passwd']) {
      cpSync(join(this.directory, 'root/etc', file), this.onCard(`etc/${file}`));
    }
  }

  switchOn(card: 'writable' | 'read-only' | 'full' = 'writable'): void {
    const emulator = architecture === 'mipsel' ? [qemuMipsel()] : [];
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
      cpSync(bookwormMipsel(), root, { recursive: true, verbatimSymlinks: true });
    } else {
      cpSync(execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim(), busybox);
      // The oldest dropbear, with libraries of its own, whose paths are others here.
      const tree = join(dirname(realpathSync(dbclients()[0]?.dbclient ?? '')), '../..');
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

  /** What the firmware promises to what lies on its card, in few lines. */
  #makeFirmware(directory: string): void {
    const write = (path: string, ...lines: readonly string[]): void =>
      writeLines(join(directory, path), lines);
    write(
      'run.sh',
      '#!/bin/sh',
      'card=/system/sdcard',
      'mkdir -p $card/etc',
      'for file in inittab passwd; do [ -f $card/etc/$file ] || cp /etc/$file $card/etc; done',
      'mount -o bind $card/bin/busybox /bin/busybox',
      'mount -o bind $card/etc /etc',
      'for i in $card/config/autostart/*; do $i & done',
    );
    cpSync(join(this.directory, 'root/bin/busybox'), join(directory, 'bin/busybox'));
    write('bin/dropbearmulti', '#!/bin/sh', 'exec /usr/bin/"$@"');
    write(
      'bin/v4l2rtspserver-master',
      '#!/bin/sh',
      'echo "$@" >/run/rtsp-options',
      'while [ "$1" != -P ]; do shift; done',
      // What it leaves behind when it is killed goes with the machine.
      `export PATH=${dirname(ffmpeg())}:$PATH TMPDIR=${this.directory}`,
      `exec chroot /host ${process.execPath} ${rtspStandIn} --port "$2" --size 320x180`,
    );
    write(
      'config/rtspserver.conf',
      `PORT=${this.rtspPort}`,
      'CODEC=H264',
      'RTSPOPTS="-W960 -H540"',
    );
    write('config/autostart/rtsp', '#!/bin/sh', '/system/sdcard/controlscripts/rtsp');
    write('controlscripts/rtsp', '#!/bin/sh', 'echo "two RTSP servers" >&2');
  }

  /** Reads a card's image, and mounts it as the camera does: all files can be executed. */
  async #insert(image: string): Promise<void> {
    const card = join(this.directory, 'card');
    mkdirSync(card);
    const env = { MTOOLSRC: '/dev/null', MTOOLS_SKIP_CHECK: '1', LC_ALL: 'C.UTF-8' };
    await execa('mcopy', ['-s', '-n', '-i', `${image}@@1M`, '::*', card], { env });
    await execa('chmod', ['-R', '755', card]);
    // Every camera has its own 8554, but these share this machine's.
    const conf = this.onCard('sapiengraph/tunnel.conf');
    const text = readFileSync(conf, 'utf8');
    writeFileSync(conf, text.replace("RTSP='127.0.0.1:8554'", `RTSP='127.0.0.1:${this.rtspPort}'`));
  }
}

function writeLines(file: string, lines: readonly string[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o755 });
}

function applets(busybox: string): string[] {
  const [command, ...args] =
    architecture === 'mipsel' ? [qemuMipsel(), busybox, '--list'] : [busybox, '--list'];
  return execFileSync(command ?? '', args, { encoding: 'utf8' })
    .trim()
    .split('\n');
}
