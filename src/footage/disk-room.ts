import { statfs } from 'node:fs/promises';

/**
 * The room on a disk that recording shares: grants some of it to others, never what recording needs, and
 * never the same bytes twice.
 */
export class DiskRoom {
  readonly #directory: string;
  readonly #reserveBytes: () => number;
  #grantedBytes = 0;

  /**
   * @param directory any on the disk
   * @param reserveBytes what must stay free for recording
   */
  constructor(directory: string, reserveBytes: () => number) {
    this.#directory = directory;
    this.#reserveBytes = reserveBytes;
  }

  /** @returns undefined if there is no room; else it is held until the result is disposed of */
  async grant(bytes: number): Promise<Disposable | undefined> {
    const freeBytes = await this.#freeBytes();
    if (freeBytes - this.#grantedBytes - this.#reserveBytes() < bytes) return undefined;
    this.#grantedBytes += bytes;
    const granted = new DisposableStack();
    granted.defer(() => {
      this.#grantedBytes -= bytes;
    });
    return granted;
  }

  /** Whether recording needs what is left: whoever was granted room must stop. */
  async isShort(): Promise<boolean> {
    return (await this.#freeBytes()) < this.#reserveBytes();
  }

  async #freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#directory);
    return bavail * bsize;
  }
}
