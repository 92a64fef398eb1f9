import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** A file system of its own, that is soon full. In a mount namespace of ours it goes with the last process. */
export class SmallDisk implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async mount(directory: string, megabytes: number): Promise<SmallDisk> {
    mkdirSync(directory, { recursive: true });
    await execa('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'cctv', directory]);
    return new SmallDisk(directory);
  }

  /** Writes until not a byte more goes in. */
  fill(): void {
    const file = openSync(this.#ballast, 'w');
    try {
      for (const bytes of [1 << 20, 1 << 12, 1]) this.#write(file, Buffer.alloc(bytes));
    } finally {
      closeSync(file);
    }
  }

  clear(): void {
    rmSync(this.#ballast, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await execa('umount', ['--lazy', this.directory]);
  }

  get #ballast(): string {
    return join(this.directory, 'ballast');
  }

  #write(file: number, block: Buffer): void {
    try {
      while (writeSync(file, block) === block.length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
