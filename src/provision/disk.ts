import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { OperatorError } from '../lib/errors.ts';

/** Directories with the kernel's information on disks; tests use others. */
export interface DiskSources {
  readonly sys: string;
  readonly proc: string;
}

export const kernelSources: DiskSources = { sys: '/sys', proc: '/proc' };

export interface Partition {
  readonly name: string;
  readonly bytes: number;
}

/** A disk that can become a card: no part of it is in use. */
export interface CardDisk {
  /** The kernel's name: sdb, mmcblk0. */
  readonly name: string;
  readonly model: string;
  readonly bytes: number;
  readonly partitions: readonly Partition[];
  /** Whether the disk is removable: in a card reader, or a USB stick. */
  readonly isRemovable: boolean;
}

const gigabyte = 1_000_000_000;
/** Limit of a partition table with 32-bit sector numbers. */
const maxBytes = 2 ** 32 * 512;

/**
 * Checks a disk before it is overwritten.
 *
 * @param device the path of a whole disk, or a link to it
 * @throws {OperatorError} the disk holds the system, is in use, or can't be written
 */
export function inspectDisk(device: string, sources: DiskSources = kernelSources): CardDisk {
  const name = basename(existsSync(device) ? realpathSync(device) : device);
  const directory = join(sources.sys, 'class/block', name);
  if (!existsSync(directory)) throw new OperatorError(`There is no disk ${device}.`);
  if (existsSync(join(directory, 'partition'))) {
    throw new OperatorError(
      `${device} is a partition. Name the whole disk, ${wholeOf(name)}, if all of it may be overwritten; or mount the partition and name its directory.`,
    );
  }
  const read = (path: string): string => readText(join(directory, path));
  const bytes = Number(read('size')) * 512;
  const parts = readdirSync(directory)
    .filter((entry) => existsSync(join(directory, entry, 'partition')))
    .sort();
  const found: CardDisk = {
    name,
    model:
      [read('device/vendor'), read('device/model'), read('device/name')]
        .filter(Boolean)
        .join(' ') || 'disk',
    bytes,
    partitions: parts.map((part) => ({
      name: part,
      bytes: Number(readText(join(directory, part, 'size'))) * 512,
    })),
    isRemovable:
      read('removable') === '1' ||
      read('device/type') === 'SD' ||
      existingPath(directory).includes('/usb'),
  };
  refuseIfUsed(device, [name, ...parts], sources);
  if (bytes === 0) throw new OperatorError(`There is no card in ${device}.`);
  if (read('ro') === '1') {
    throw new OperatorError(
      `The card in ${device} is read-only: move the slider on it, or on its adapter.`,
    );
  }
  if (bytes > maxBytes) {
    throw new OperatorError(`${describeDisk(found)} is larger than any SD card; it is refused.`);
  }
  return found;
}

/** Describes a disk for a question: its name, model, size and partitions. */
export function describeDisk({ name, model, bytes, partitions }: CardDisk): string {
  const size = (n: number): string => `${(n / gigabyte).toFixed(1)} GB`;
  const parts = partitions.map((part) => `${part.name} of ${size(part.bytes)}`).join(', ');
  return `/dev/${name}, a ${model} of ${size(bytes)} with ${parts === '' ? 'no partitions' : parts}`;
}

const systemMounts = /^\/(?:boot(?:\/.*)?|usr|var|home|etc|nix|)$/;

function refuseIfUsed(device: string, names: readonly string[], sources: DiskSources): void {
  const users = new Set(names.flatMap((name) => [name, ...holdersOf(name, sources)]));
  const numbers = new Map(
    [...users].map((name) => [readText(join(sources.sys, 'class/block', name, 'dev')), name]),
  );
  const aliases = new Set(
    [...users].flatMap((name) => {
      const mapped = readText(join(sources.sys, 'class/block', name, 'dm/name'));
      return [`/dev/${name}`, ...(mapped === '' ? [] : [`/dev/mapper/${mapped}`])];
    }),
  );
  const mounted = mounts(sources)
    // Some file systems (btrfs) report device numbers of their own: match them by name.
    .filter(({ number, source }) => numbers.has(number) || aliases.has(source))
    .map(({ at }) => at);
  const system = mounted.filter((at) => systemMounts.test(at));
  if (system.length > 0) {
    throw new OperatorError(
      `${device} holds this machine's own system (${system.join(', ')}). It is never overwritten.`,
    );
  }
  if (mounted.length > 0) {
    throw new OperatorError(
      `${device} is in use: it is mounted at ${mounted.join(' and ')}. If that is the card, unmount it first: umount ${mounted.join(' ')}`,
    );
  }
  if (swaps(sources).some((path) => aliases.has(path))) {
    throw new OperatorError(
      `${device} is in use: this machine swaps to it. It is never overwritten.`,
    );
  }
  const holder = [...users].find((name) => !names.includes(name));
  if (holder !== undefined) {
    throw new OperatorError(
      `${device} is in use by ${holder} (a volume, a RAID or an encrypted disk of this machine). It is refused.`,
    );
  }
}

/** Devices that use a disk or a partition, such as volumes and RAIDs, and devices that use those. */
function holdersOf(name: string, sources: DiskSources): string[] {
  const directory = join(sources.sys, 'class/block', name, 'holders');
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((holder) => [holder, ...holdersOf(holder, sources)]);
}

/** proc(5), mountinfo: `id parent major:minor root mount-point options … - type source …`. */
function mounts({ proc }: DiskSources) {
  return readText(join(proc, 'self/mountinfo'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const [, , number = '', , at = ''] = left.split(' ');
      const [, source = ''] = right.split(' ');
      return { number, at: unescape(at), source: unescape(source) };
    });
}

const swaps = ({ proc }: DiskSources): string[] =>
  readText(join(proc, 'swaps'))
    .split('\n')
    .slice(1)
    .map((line) => unescape(line.split(/\s/)[0] ?? ''));

const unescape = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));

const wholeOf = (partition: string): string =>
  `/dev/${partition.replace(/^((?:mmcblk|nvme|loop)\S*\d)p\d+$|^(\D+)\d+$/, '$1$2')}`;

const existingPath = (path: string): string => realpathSync(path);

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // Some kinds of disks don't have all files.
    return '';
  }
};
