import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const spareName = 'spare';
const mostBytes = 1024 * 1024;
const leastBytes = 64 * 1024;

/**
 * A file that is given up when the disk has not a byte left. Whatever is deleted from the spool then
 * has to be noted in the ledger first, which may lie on the same disk and needs a little room for that.
 */
export class Spare {
  readonly #path: string;
  readonly #bytes: number;
  #isThere = false;

  /** A quarter of the reserve, at most 1 MiB; none where that is next to nothing. */
  constructor(directory: string, reserveBytes: number) {
    this.#path = join(directory, spareName);
    const bytes = Math.min(mostBytes, Math.floor(reserveBytes / 4));
    this.#bytes = bytes < leastBytes ? 0 : bytes;
  }

  /** Gives it up, or makes it again. */
  async tend(freeBytes: number, hasRoom: boolean): Promise<void> {
    if (freeBytes < this.#bytes) {
      await rm(this.#path, { force: true });
      this.#isThere = false;
    } else if (hasRoom && !this.#isThere && this.#bytes > 0) {
      // Some file systems keep no room for zeros.
      await writeFile(this.#path, randomBytes(this.#bytes), { mode: 0o600 });
      this.#isThere = true;
    }
  }
}
