import { OperatorError } from '../lib/errors.ts';

/** How much of its disk a spool may fill, and what happens then. */
export interface DiskLimits {
  /** All that may lie in the spool; what its disk holds unless given. */
  readonly budgetBytes?: number;
  /** What stays free on its disk, for the ledger and all else; 5 %, at most 1 GB, unless given. */
  readonly reserveBytes?: number;
  /**
   * `keep-newest` (unless given): the oldest segments are dropped. `keep-oldest`: recording stops.
   */
  readonly whenFull?: 'keep-newest' | 'keep-oldest';
}

export interface Measure {
  readonly recordingBytes: number;
  readonly damagedBytes: number;
  /** These, and all segments. */
  readonly usedBytes: number;
  /** Of the file system, for whoever is not root. */
  readonly freeBytes: number;
}

/** One of the two things that can be full, in bytes. */
export interface Bound {
  /** Until it is full; negative: too much is there. */
  readonly room: number;
  /** With less room, the operator is warned. */
  readonly warnBelow: number;
  /** Once it was full, it is so until there is this much room, lest recording begins and ends in turn. */
  readonly againAbove: number;
  /** In words. */
  readonly what: string;
}

const defaultReserveBytes = 1e9;

/** 5 % of a disk, at most 1 GB. */
export const defaultReserve = (diskBytes: number): number =>
  Math.min(defaultReserveBytes, Math.floor(diskBytes / 20));

/** @throws OperatorError for a reserve that no spool could ever keep. */
export function checkReserve(directory: string, reserveBytes: number, diskBytes: number): void {
  if (reserveBytes < diskBytes) return;
  throw new OperatorError(
    `The reserve (spool.reserveGigabytes) is ${gigabytes(reserveBytes)}, but the disk of ${directory} has ${gigabytes(diskBytes)} in all: nothing could be recorded. Make the reserve smaller, or the disk larger.`,
  );
}

/** What limits a spool, the narrowest first. */
export function boundsOf(
  { usedBytes, freeBytes }: Measure,
  reserveBytes: number,
  budgetBytes: number | undefined,
): Bound[] {
  const bounds: Bound[] = [
    {
      room: freeBytes - reserveBytes,
      warnBelow: reserveBytes,
      againAbove: reserveBytes / 4,
      what: `the disk has ${gigabytes(freeBytes)} free, of which ${gigabytes(reserveBytes)} are the reserve`,
    },
  ];
  if (budgetBytes !== undefined) {
    bounds.push({
      room: budgetBytes - usedBytes,
      warnBelow: budgetBytes / 5,
      againAbove: budgetBytes / 20,
      what: `the spool holds ${gigabytes(usedBytes)}, its budget is ${gigabytes(budgetBytes)}`,
    });
  }
  return bounds.sort((a, b) => a.room - b.room);
}

export function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e5) / 10} MB` : `${Math.round(bytes / 1e8) / 10} GB`;
}
