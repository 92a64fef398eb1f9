import type { FileHandle } from 'node:fs/promises';

const sectorBytes = 512;
/** Start of the first partition, aligned to the erase blocks of any card. */
export const partitionStart = 1024 * 1024;
const partitionTypes = new Set([0x0b, 0x0c, 0x04, 0x06, 0x0e]);

/** A FAT file system in an image or on a disk. */
export interface FatVolume {
  /** Where the file system begins, in bytes. */
  readonly offset: number;
  readonly clusterBytes: number;
}

/**
 * Finds the FAT file system that a camera would mount: the whole image if that is FAT, or else the first
 * partition. Undefined if neither is FAT.
 */
export async function findFatVolume(handle: FileHandle): Promise<FatVolume | undefined> {
  const first = await readSector(handle, 0);
  if (!isSigned(first)) return undefined;
  const whole = volumeIn(first, 0);
  if (whole !== undefined) return whole;
  // The partition table's first entry (16 bytes at 446): type at 4, first sector at 8.
  if (!partitionTypes.has(first.readUInt8(450))) return undefined;
  const offset = first.readUInt32LE(454) * sectorBytes;
  const boot = await readSector(handle, offset);
  return isSigned(boot) ? volumeIn(boot, offset) : undefined;
}

async function readSector(handle: FileHandle, position: number): Promise<Buffer> {
  const sector = Buffer.alloc(sectorBytes);
  await handle.read(sector, 0, sectorBytes, position);
  return sector;
}

const isSigned = (sector: Buffer): boolean => sector.readUInt16LE(510) === 0xaa55;

/** Reads a boot sector (Microsoft's FAT specification, section 3); undefined if it is not FAT. */
function volumeIn(sector: Buffer, offset: number): FatVolume | undefined {
  const bytesPerSector = sector.readUInt16LE(11);
  const sectorsPerCluster = sector.readUInt8(13);
  const copies = sector.readUInt8(16);
  const jump = sector.readUInt8(0);
  const isFat =
    (jump === 0xeb || jump === 0xe9) &&
    [512, 1024, 2048, 4096].includes(bytesPerSector) &&
    sectorsPerCluster > 0 &&
    (sectorsPerCluster & (sectorsPerCluster - 1)) === 0 &&
    (copies === 1 || copies === 2);
  return isFat ? { offset, clusterBytes: bytesPerSector * sectorsPerCluster } : undefined;
}

/**
 * Writes a partition table with one FAT32 partition (type 0x0c) over all of an image or a disk.
 *
 * @returns the size of the partition in units of 1024 bytes, as mkfs.vfat takes it
 */
export async function writePartitionTable(handle: FileHandle, totalBytes: number): Promise<number> {
  const sectors = Math.floor((totalBytes - partitionStart) / 1024) * 2;
  const table = Buffer.alloc(partitionStart);
  table.set([0, 0xfe, 0xff, 0xff, 0x0c, 0xfe, 0xff, 0xff], 446);
  table.writeUInt32LE(partitionStart / sectorBytes, 454);
  table.writeUInt32LE(sectors, 458);
  table.writeUInt16LE(0xaa55, 510);
  await handle.write(table, 0, table.length, 0);
  return sectors / 2;
}
