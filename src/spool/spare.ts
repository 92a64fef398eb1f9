import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const spareName = 'spare';
const mostBytes = 1024 * 1024;
const leastBytes = 64 * 1024;

/**
 * A file that is deleted when the disk is completely full. Each drop must be noted in the ledger
 * before its segment is deleted, and the ledger may need room on the same disk for that.
 */
export class Spare {
  readonly #path: string;
  readonly #bytes: number;
  #isThere = false;

  /** A quarter of the reserve, at most 1 MiB; no file at all if that is below 64 KiB. */
  constructor(directory: string, reserveBytes: number) {
    this.#path = join(directory, spareName);
    const bytes = Math.min(mostBytes, Math.floor(reserveBytes / 4));
    this.#bytes = bytes < leastBytes ? 0 : bytes;
  }

  /** Deletes the file when the disk is full, and writes it again when there is room. */
  async tend(freeBytes: number, hasRoom: boolean): Promise<void> {
    if (freeBytes < this.#bytes) {
      await rm(this.#path, { force: true });
      this.#isThere = false;
    } else if (hasRoom && !this.#isThere && this.#bytes > 0) {
      // Random, because some file systems reserve no room for zeros.
      await writeFile(this.#path, randomBytes(this.#bytes), { mode: 0o600 });
      this.#isThere = true;
    }
  }
}
