import { existsSync, type Stats, statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OperatorError } from '../lib/errors.ts';
import { type Card, explainCardError, megabytes } from './card.ts';
import { DirectoryCard } from './directory-card.ts';
import { describeDisk, type CardDisk, inspectDisk } from './disk.ts';
import { FatCard } from './fat-card.ts';
import { findFatVolume, partitionStart, writePartitionTable } from './fat-volume.ts';
import { runFatTool } from './mtools.ts';

const defaultImageBytes = 512_000_000;
/** The minimum for FAT32. */
const minImageBytes = 40_000_000;
const maxImageBytes = 2_000_000_000_000;

export interface CardOptions {
  /** A directory, an image, or a disk. */
  readonly path: string;
  /** Size of a new image. */
  readonly imageBytes?: number;
  /** Called before a disk is overwritten; false leaves the disk unchanged. */
  readonly confirm: (disk: CardDisk, question: string) => Promise<boolean>;
  /** Also allows disks that are not removable, after the same question. */
  readonly evenIfFixed?: boolean;
}

/** A card that was checked, but not changed yet. */
export interface CardTarget {
  readonly name: string;
  /** Maximum capacity, if known before the card is formatted. */
  readonly capacityBytes?: number;
  /**
   * Opens the card for writing. Creates and formats it if necessary, and asks before it overwrites a
   * disk. Undefined if the operator declined.
   */
  open(): Promise<Card | undefined>;
}

/**
 * Checks what the operator named as the card, without changing anything.
 *
 * @throws {OperatorError} it can't be a card
 */
export async function findCard(options: CardOptions): Promise<CardTarget> {
  const { path, imageBytes } = options;
  const found = statSync(path, { throwIfNoEntry: false });
  if (imageBytes !== undefined && found !== undefined) {
    throw new OperatorError(`${path} is there already: a size can be chosen for a new image only.`);
  }
  if (found === undefined) return newImage(path, imageBytes);
  if (found.isDirectory()) {
    const card = new DirectoryCard(path);
    return { name: path, open: () => Promise.resolve(card) };
  }
  if (found.isBlockDevice()) return disk(options);
  if (found.isFile()) return await existingImage(path, found);
  throw new OperatorError(`${path} is no directory, no image and no disk: it can't be a card.`);
}

async function existingImage(path: string, { size }: Stats): Promise<CardTarget> {
  refuseOddName(path);
  const volume = await explained(path, async () => {
    await using handle = await open(path, 'r+');
    return await findFatVolume(handle);
  });
  if (volume === undefined) {
    throw new OperatorError(
      `The image ${path} (${megabytes(size)}) is not FAT: it has no FAT file system, nor a first partition with one. Name a new file and it is made, or format this one with: mkfs.vfat -F 32 ${path}`,
    );
  }
  await runFatTool('mdir', ['-V']);
  return {
    name: path,
    open: () => Promise.resolve(new FatCard({ name: path, path, volume })),
  };
}

async function newImage(path: string, bytes: number | undefined): Promise<CardTarget> {
  if (bytes === undefined && !path.endsWith('.img')) {
    throw new OperatorError(
      `There is no ${path}. Is the card mounted, and where? For a new image give it a name that ends in .img.`,
    );
  }
  refuseOddName(path);
  const size = bytes ?? defaultImageBytes;
  if (size < minImageBytes || size > maxImageBytes) {
    throw new OperatorError(
      `An image of ${megabytes(size)} can't be a FAT32 card: it takes ${megabytes(minImageBytes)} at least.`,
    );
  }
  if (!existsSync(dirname(resolve(path)))) {
    throw new OperatorError(`There is no directory ${dirname(path)} for the image ${path}.`);
  }
  await runFatTool('mkfs.vfat', ['--help']);
  await runFatTool('mdir', ['-V']);
  return {
    name: path,
    capacityBytes: size - partitionStart,
    open: () =>
      explained(path, async () => {
        const discard = (): Promise<void> => rm(path, { force: true });
        // Private, since the image will contain the camera's key.
        await (await open(path, 'wx', 0o600)).close();
        try {
          return new FatCard({ ...(await format(path, size)), name: path, path, discard });
        } catch (error) {
          await discard();
          throw error;
        }
      }),
  };
}

async function disk(options: CardOptions): Promise<CardTarget> {
  const { path, confirm, evenIfFixed = false } = options;
  const look = (): CardDisk => {
    const found = inspectDisk(path);
    if (found.isRemovable || evenIfFixed) return found;
    throw new OperatorError(
      `${describeDisk(found)}, is no card and no USB stick: it is built into this machine. If it is a card all the same, say so with --even-if-fixed.`,
    );
  };
  const { bytes } = look();
  await runFatTool('mkfs.vfat', ['--help']);
  await runFatTool('mdir', ['-V']);
  return {
    name: path,
    capacityBytes: bytes - partitionStart,
    open: async () => {
      const first = look();
      if (!(await confirm(first, `Overwrite ${describeDisk(first)}? All that is on it is lost.`))) {
        return undefined;
      }
      // While the operator was asked, the card may have been swapped or mounted.
      const now = look();
      if (now.name !== first.name || now.bytes !== first.bytes || now.model !== first.model) {
        throw new OperatorError(`${path} is another disk now: ${describeDisk(now)}.`);
      }
      return await explained(
        path,
        async () => new FatCard({ ...(await format(path, now.bytes)), name: path, path }),
      );
    },
  };
}

/** Makes one FAT32 partition that spans an image or a disk. */
async function format(path: string, bytes: number) {
  await using handle = await open(path, 'r+');
  const isImage = (await handle.stat()).isFile();
  if (isImage) await handle.truncate(bytes);
  const kibibytes = await writePartitionTable(handle, bytes);
  await handle.sync();
  const start = partitionStart / 512;
  await runFatTool('mkfs.vfat', [
    '-I',
    '-F',
    '32',
    '-n',
    'SAPIENGRAPH',
    '-h',
    String(start),
    '--offset',
    String(start),
    path,
    String(kibibytes),
  ]);
  const volume = await findFatVolume(handle);
  if (volume === undefined) throw new Error('the new file system is missing after formatting');
  return { volume };
}

function refuseOddName(path: string): void {
  if (!path.includes('@@')) return;
  throw new OperatorError(
    `mtools gives @@ in a name a special meaning: choose another name than ${path}.`,
  );
}

async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainCardError(path, error);
  }
}
