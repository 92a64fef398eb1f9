import { constants } from 'node:fs';
import { access, lstat, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskUnusableError } from '../lib/disk-full.ts';
import { describeError, errorCode } from '../lib/errors.ts';
import { explainTrouble } from './disk-trouble.ts';

export const folders = ['recording', 'ready', 'damaged'] as const;

/** Why nothing can be kept in the spool's directory. */
export interface HomeTrouble {
  readonly words: string;
  /** Whether the directory at that path is not the one that was opened. */
  readonly isElsewhere: boolean;
  /** Whether a new process could record, because it opens the directory that is there now. */
  readonly restartHelps: boolean;
}

/**
 * The spool's directory as it was opened, by device and inode. A path may come to mean another
 * directory while we run: its disk is unmounted, or another is mounted over it. Files that are then
 * missing are not deleted, and new ones would be written to the wrong disk.
 */
export class Home {
  readonly #directory: string;
  readonly #device: bigint;
  readonly #inode: bigint;

  private constructor(directory: string, device: bigint, inode: bigint) {
    this.#directory = directory;
    this.#device = device;
    this.#inode = inode;
  }

  static async of(directory: string): Promise<Home> {
    const { dev, ino } = await stat(directory, { bigint: true });
    return new Home(directory, dev, ino);
  }

  /** Whether the path still leads to the directory that was opened. */
  async isHere(): Promise<boolean> {
    return (await this.trouble())?.isElsewhere !== true;
  }

  /** @throws {DiskUnusableError} if something keeps us from working in the directory */
  async require(): Promise<void> {
    const trouble = await this.trouble();
    if (trouble !== undefined) throw new DiskUnusableError(trouble.words);
  }

  /** What keeps us from working in the directory; undefined if nothing does. Never rejects. */
  async trouble(): Promise<HomeTrouble | undefined> {
    try {
      const elsewhere = await this.#elsewhere();
      if (elsewhere !== undefined) return elsewhere;
      for (const path of [this.#directory, ...folders.map((name) => this.#under(name))]) {
        await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
      }
      return undefined;
    } catch (error) {
      const path = error instanceof Error && 'path' in error ? String(error.path) : this.#directory;
      // The disk may have gone between two of the questions above.
      const elsewhere = await this.#elsewhere().catch(() => undefined);
      return (
        elsewhere ?? {
          words: `${path} can't be used: ${explainTrouble(error) ?? describeError(error)}`,
          isElsewhere: false,
          restartHelps: false,
        }
      );
    }
  }

  async #elsewhere(): Promise<HomeTrouble | undefined> {
    const root = await stat(this.#directory, { bigint: true }).catch(unlessMissing);
    if (root === undefined) {
      const isLink = (await lstat(this.#directory).catch(unlessMissing))?.isSymbolicLink() === true;
      return {
        words: `the spool ${this.#directory} is gone: its disk was unmounted, or it was deleted`,
        isElsewhere: true,
        restartHelps: !isLink,
      };
    }
    if (root.dev !== this.#device || root.ino !== this.#inode) {
      return otherDisk(`the spool ${this.#directory}`);
    }
    for (const name of folders) {
      const path = this.#under(name);
      let folder = await stat(path, { bigint: true }).catch(unlessMissing);
      if (folder === undefined) {
        // Alone: if the disk goes now, its directory must not be made on the disk below.
        await mkdir(path, { mode: 0o750 });
        folder = await stat(path, { bigint: true });
      }
      if (folder.dev !== this.#device) return otherDisk(path);
    }
    return undefined;
  }

  #under(name: string): string {
    return join(this.#directory, name);
  }
}

const otherDisk = (what: string): HomeTrouble => ({
  words: `${what} is not the one that was opened: its disk was unmounted, or another was mounted over it`,
  isElsewhere: true,
  restartHelps: true,
});

const unlessMissing = (error: unknown): undefined => {
  if (errorCode(error) !== 'ENOENT') throw error;
};
