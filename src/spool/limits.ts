import { OperatorError } from '../lib/errors.ts';

/** How much of its disk a spool may fill, and what happens when it is full. */
export interface DiskLimits {
  /** Most bytes in the spool; without it, only the disk is the limit. */
  readonly budgetBytes?: number;
  /** Bytes kept free on the disk for the ledger and others; 5 %, at most 1 GB, unless given. */
  readonly reserveBytes?: number;
  /**
   * `keep-newest` (the default): the oldest segments are dropped. `keep-oldest`: recording stops.
   */
  readonly whenFull?: 'keep-newest' | 'keep-oldest';
}

export interface Measure {
  readonly recordingBytes: number;
  readonly damagedBytes: number;
  /** Bytes of `recording` and `damaged`, and of all segments. */
  readonly usedBytes: number;
  /** Bytes of the file system that are free for users other than root. */
  readonly freeBytes: number;
}

/** The disk or the budget: one of the two things that can be full. Sizes in bytes. */
export interface Bound {
  /** Bytes until it is full; negative if it holds too much. */
  readonly room: number;
  /** The operator is warned when there is less room than this. */
  readonly warnBelow: number;
  /** "Full" ends only with more room than this, so that recording doesn't flap. */
  readonly againAbove: number;
  /** Description for the operator. */
  readonly what: string;
}

const defaultReserveBytes = 1e9;

/** 5 % of a disk, at most 1 GB. */
export const defaultReserve = (diskBytes: number): number =>
  Math.min(defaultReserveBytes, Math.floor(diskBytes / 20));

/** @throws OperatorError for a reserve that is not smaller than the disk. */
export function checkReserve(directory: string, reserveBytes: number, diskBytes: number): void {
  if (reserveBytes < diskBytes) return;
  throw new OperatorError(
    `The reserve (spool.reserveGigabytes) is ${gigabytes(reserveBytes)}, but the disk of ${directory} has ${gigabytes(diskBytes)} in all: nothing could be recorded. Make the reserve smaller, or the disk larger.`,
  );
}

/** The limits of a spool, the one with the least room first. */
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
