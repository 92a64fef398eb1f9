import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { descendants, type ProcessInfo } from '../support/processes.ts';
import { eventually } from '../support/until.ts';
import { asOnFat, newestDropbear } from './tunnel-directory.ts';

const firmware = join(import.meta.dirname, '../../firmware');

const inittab = `\
::sysinit:/bin/mount -t proc proc /proc
::sysinit:/etc/init.d/rcS
::shutdown:/etc/init.d/rcK
`;

const rcS = `\
#!/bin/sh
for script in $(find /etc/init.d/ -name 'S*' | sort); do
	sh -c "$script start"
done
`;

const rcK = rcS.replace('sort', 'sort -r').replace('start"', 'stop"');

/** Cards that are there at boot run their scripts before the boot goes on, others when they come. */
const mdev = `\
#!/bin/sh
[ "$1" = start ] || exit 0
card() {
	if [ -d /dev/mmcblk0p1 ]; then [ -n "$in" ] || { in=yes; ACTION=add MDEV=mmcblk0p1 /lib/mdev/automount; }
	else [ -z "$in" ] || { in=''; ACTION=remove MDEV=mmcblk0p1 /lib/mdev/automount; }
	fi
}
card
while sleep 0.2; do card; done &
`;

/** What thingino's own script of this name promises to a card. */
const automount = `\
#!/bin/sh
card=/mnt/$MDEV
grep -q " $card " /proc/mounts && umount -l "$card"
[ "$ACTION" = add ] || { rmdir "$card"; exit 0; }
mkdir -p "$card"
mount -o bind "/dev/$MDEV" "$card" || exit 0
[ ! -f /dev/card-is-read-only ] || mount -o remount,bind,ro "$card" || exit 0
if [ -f "$card/runonce.sh" ] && [ ! -f "$card/runonce.done" ]; then
	echo run >>/run/times-run-once
	sh "$card/runonce.sh" && touch "$card/runonce.done"
fi
[ ! -f "$card/run.sh" ] || sh "$card/run.sh"
`;

/**
 * The folder with dropbear's programs and their libraries, down to the C library, by the name that the
 * programs know it by.
 */
const dropbearTree = execFileSync('patchelf', ['--print-interpreter', newestDropbear().dbclient], {
  encoding: 'utf8',
}).replace(/\/(usr\/)?lib\/.*\n/, '');

/** A path that thingino keeps over its upgrades, and a comment, as in the file that it ships. */
const cfgBackupList = '# kept\n/etc/TZ\n';

/**
 * A camera on thingino: its boot contract (busybox init as PID 1 in private namespaces, rcS, mdev's
 * automount) and a real dropbear. A power cut kills all that runs in it; its files stay.
 */
export class ThinginoCamera implements AsyncDisposable {
  readonly root: string;
  #init: ChildProcess | undefined;

  private constructor(root: string) {
    this.root = root;
  }

  static async make(): Promise<ThinginoCamera> {
    const root = await mkdtemp(join(tmpdir(), 'cctv-thingino-'));
    const camera = new ThinginoCamera(root);
    for (const name of [
      'bin',
      'dev',
      'proc',
      'run',
      'tmp',
      'mnt',
      'cards',
      'lib/mdev',
      'usr/bin',
      'etc/init.d',
      'etc/default',
    ]) {
      await mkdir(join(root, name), { recursive: true });
    }
    await symlink('bin', join(root, 'sbin'));
    await execa('cp', ['/bin/busybox', join(root, 'bin/busybox')]);
    const { stdout } = await execa('busybox', ['--list']);
    for (const applet of stdout.split('\n').filter((name) => name !== 'busybox')) {
      await symlink('busybox', join(root, 'bin', applet));
    }
    for (const device of ['null', 'zero', 'random', 'urandom']) {
      await writeFile(join(root, 'dev', device), '');
    }
    for (const program of ['dbclient', 'dropbearkey'] as const) {
      await symlink(join(dropbearTree, 'usr/bin', program), join(root, 'usr/bin', program));
    }
    await mkdir(join(root, dropbearTree), { recursive: true });
    const files = {
      inittab,
      'cfg-backup.list': cfgBackupList,
      hostname: 'ing-wyze-cam3-a000\n',
      'default/ntp.conf': 'server pool.example iburst\n',
      passwd: 'root:x:0:0::/root:/bin/sh\n',
    };
    for (const [name, text] of Object.entries(files))
      await writeFile(join(root, 'etc', name), text);
    const scripts = {
      'etc/init.d/rcS': rcS,
      'etc/init.d/rcK': rcK,
      'etc/init.d/S30mdev': mdev,
      'lib/mdev/automount': automount,
    };
    for (const [name, text] of Object.entries(scripts)) {
      await writeFile(join(root, name), text);
      await chmod(join(root, name), 0o755);
    }
    return camera;
  }

  /** Makes a card of what the CLI copies onto one; the rest of it is for the caller to write. */
  async makeCard(name: string): Promise<string> {
    const card = join(this.root, 'cards', name);
    await mkdir(join(card, 'sapiengraph'), { recursive: true });
    await cp(join(firmware, 'thingino/runonce.sh'), join(card, 'runonce.sh'));
    await cp(join(firmware, 'thingino/overlay'), card, { recursive: true });
    await cp(join(firmware, 'thingino/S95sapiengraph'), join(card, 'sapiengraph/S95sapiengraph'));
    await cp(join(firmware, 'common'), join(card, 'sapiengraph'), { recursive: true });
    return card;
  }

  async makeUndoCard(): Promise<string> {
    const card = join(this.root, 'cards/undo');
    await mkdir(card, { recursive: true });
    await cp(join(firmware, 'thingino/undo.sh'), join(card, 'runonce.sh'));
    return card;
  }

  async insert(card: string): Promise<void> {
    await asOnFat(card);
    await symlink(card.slice(this.root.length), join(this.root, 'dev/mmcblk0p1'));
  }

  async eject(): Promise<void> {
    await unlink(join(this.root, 'dev/mmcblk0p1'));
    const mountPoint = join(this.root, 'mnt/mmcblk0p1');
    await eventually('the camera to let go of the card', 5_000, () => !existsSync(mountPoint));
  }

  /** Puts a card in, waits until the camera has run what is on it, and takes it out. */
  async runCard(card: string): Promise<void> {
    await this.insert(card);
    await eventually('runonce.done on the card', 20_000, () =>
      existsSync(join(card, 'runonce.done')),
    );
    await this.eject();
  }

  /** The table that init has read, which lies over the one in the camera's flash. */
  inittab(): string {
    return readFileSync(`/proc/${this.processes()[0]?.pid}/root/etc/inittab`, 'utf8');
  }

  async powerOn(): Promise<void> {
    await rm(join(this.root, 'run'), { recursive: true, force: true });
    await mkdir(join(this.root, 'run'));
    const binds = ['null', 'zero', 'random', 'urandom']
      .map((device) => `mount --bind /dev/${device} dev/${device}`)
      .join(' && ');
    const script = `cd "$0" && mount --bind "$1" ".$1" && ${binds} && exec chroot . /sbin/init`;
    const user = process.getuid?.() === 0 ? [] : ['--map-root-user'];
    this.#init = spawn(
      'setpriv',
      [
        '--pdeathsig',
        'KILL',
        '--',
        'unshare',
        ...user,
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--',
        'sh',
        '-c',
        script,
        this.root,
        dropbearTree,
      ],
      { stdio: 'ignore' },
    );
    await once(this.#init, 'spawn');
  }

  async powerOff(): Promise<void> {
    const init = this.#init;
    this.#init = undefined;
    if (init === undefined || init.exitCode !== null || init.signalCode !== null) return;
    const gone = once(init, 'exit');
    const inside = this.processes().map(({ pid }) => pid);
    init.kill('SIGKILL');
    await gone;
    await eventually('the end of all that ran in the camera', 5_000, () =>
      inside.every((pid) => !existsSync(`/proc/${pid}`)),
    );
  }

  /** All that runs in the camera; the first is init. */
  processes(): ProcessInfo[] {
    return this.#init?.pid === undefined ? [] : descendants(this.#init.pid);
  }

  /** What init started as the tunnel: tunnel.sh, or the dbclient that it became. */
  tunnels(): ProcessInfo[] {
    const [init, ...others] = this.processes();
    return others.filter(
      ({ parent, command }) => parent === init?.pid && command.includes('/etc/sapiengraph/'),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.powerOff();
    await rm(this.root, { recursive: true, force: true });
  }
}
