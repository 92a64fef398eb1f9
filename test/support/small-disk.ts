import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const isRoot = process.getuid?.() === 0;

export interface SmallDisk extends AsyncDisposable {
  /** Where it is mounted, as seen from here. */
  readonly path: string;
  free(): Promise<number>;
  /** Leaves so much free, by a file of somebody else; all again by `empty`. */
  fill(leaveBytes: number): Promise<void>;
  empty(): Promise<void>;
  /** No write succeeds (EROFS), until `makeWritable`. */
  makeReadOnly(): Promise<void>;
  makeWritable(): Promise<void>;
  /** Mounts another, empty disk over it or over a directory on it, until `uncover`. */
  cover(directory?: string): Promise<void>;
  uncover(directory?: string): Promise<void>;
  /** Takes it out of the tree at once; who has files open there keeps them (umount -l). For good. */
  unmount(): Promise<void>;
  /** What would be found on it if the power were cut now. Only of ext4, so only for root. */
  afterPowerCut(): Promise<SmallDisk>;
}

/**
 * A real file system of its own, mounted where only this test sees it: ext4 on a file (tmpfs for who
 * is not root), or tmpfs with so many inodes.
 */
export async function smallDisk(
  megabytes: number,
  options: { readonly inodes?: number; readonly copyOf?: string } = {},
): Promise<SmallDisk> {
  const home = await mkdtemp(join(tmpdir(), 'cctv-disk-'));
  const image = join(home, 'image');
  const inner = join(home, 'disk');
  const isFile = isRoot && options.inodes === undefined;
  const inodes = options.inodes === undefined ? '' : `,nr_inodes=${options.inodes}`;
  const make =
    options.copyOf === undefined
      ? `truncate -s ${megabytes}M "$1" && mkfs.ext4 -q -m 0 "$1"`
      : `cp --sparse=always '${options.copyOf}' "$1"`;
  const mount = isFile
    ? `${make} && mount -o loop "$1" "$2"`
    : `mount -t tmpfs -o size=${megabytes}m${inodes} none "$2"`;
  // A namespace lives as long as a process in it: this one, until its input ends, as it does with us.
  const holder = spawn(
    'unshare',
    [
      ...(isRoot ? [] : ['--map-root-user']),
      '--mount',
      'sh',
      '-c',
      `mkdir "$2" && ${mount} && echo mounted && exec cat`,
      'sh',
      image,
      inner,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const gone = once(holder, 'exit');
  const [word] = (await Promise.race([once(holder.stdout, 'data'), gone])) as [unknown];
  if (!String(word).startsWith('mounted')) throw new Error('the small disk could not be mounted');
  const path = join(`/proc/${holder.pid}/root`, inner);
  const filler = join(path, 'filler');
  const free = async () => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  };
  const within = async (script: string, ...args: string[]) => {
    const enter = ['--mount', ...(isRoot ? [] : ['--user', '--preserve-credentials'])];
    await execa('nsenter', [
      '--target',
      String(holder.pid),
      ...enter,
      'sh',
      '-c',
      script,
      'sh',
      ...args,
    ]);
  };
  return {
    path,
    free,
    fill: async (leaveBytes) => {
      const bytes = (await free()) - leaveBytes;
      // The file system needs some of it for itself, and then says that it is full.
      const most = Math.max(1, bytes - 1_000_000);
      await execa('fallocate', ['--length', String(most), filler]);
      const write = 'head --bytes="$1" /dev/zero >>"$2"; sync "$2"';
      await execa('sh', ['-c', write, 'sh', String(bytes - most), filler], { reject: false });
    },
    empty: () => rm(filler, { force: true }),
    makeReadOnly: () =>
      within('mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" "$1"', inner),
    makeWritable: () => within('umount "$1"', inner),
    cover: (directory = '.') => within('mount -t tmpfs none "$1"', join(inner, directory)),
    uncover: (directory = '.') => within('umount "$1"', join(inner, directory)),
    unmount: () => within('umount -l "$1"', inner),
    afterPowerCut: () => smallDisk(megabytes, { copyOf: image }),
    [Symbol.asyncDispose]: async () => {
      holder.stdin.end();
      await gone;
      await rm(home, { recursive: true, force: true });
    },
  };
}
