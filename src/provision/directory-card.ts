import { createHash } from 'node:crypto';
import { accessSync, constants, lstatSync, statfsSync, statSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { errorCode, OperatorError } from '../lib/errors.ts';
import { type Card, clusters, explainCardError, foldersOf, tooSmall } from './card.ts';
import { bytesOf, type CardFile, modeOf, sizeOf } from './files.ts';

/** statfs(2): the type of a FAT file system. */
const fatType = 0x4d44;

/** A directory: a mounted card, or an ordinary directory that will be copied onto a card. */
export class DirectoryCard implements Card {
  readonly name: string;
  readonly notes: readonly string[];
  readonly #root: string;
  readonly #device: number;
  readonly #isMounted: boolean;
  readonly #isFat: boolean;

  constructor(path: string) {
    this.name = path;
    this.#root = resolve(path);
    this.#device = statSync(this.#root).dev;
    this.#isMounted = statSync(join(this.#root, '..')).dev !== this.#device;
    this.#isFat = statfsSync(this.#root).type === fatType;
    this.notes = this.#isMounted
      ? []
      : [
          `No card is mounted at ${path}: it is an ordinary directory. Copy all of it onto a FAT32 card, with the files that begin with a dot, and then delete it: the camera's key is in it.`,
        ];
  }

  async problems(files: readonly CardFile[]): Promise<string[]> {
    const problems: string[] = [];
    if (this.#root === '/') problems.push(`The card can't be ${this.name}: that is this machine.`);
    if (this.#isMounted && !this.#isFat) {
      problems.push(
        `The card mounted at ${this.name} is not FAT, and cameras read no other file system. Format it as FAT32: its maker's tool does, or name the device and this program does.`,
      );
    }
    try {
      accessSync(this.#root, constants.W_OK);
    } catch (error) {
      const denied = errorCode(error) === 'EACCES';
      problems.push(
        denied
          ? `You may not write to ${this.name}: mount the card for your user, or use sudo.`
          : explainCardError(this.name, error).message,
      );
    }
    const { bavail, bsize } = statfsSync(this.#root);
    let needed = foldersOf(files).length * bsize;
    let free = bavail * bsize;
    for (const file of files) {
      needed += clusters(sizeOf(file), bsize);
      const present = lstatSync(join(this.#root, file.path), { throwIfNoEntry: false });
      if (present?.isFile() === true) free += clusters(present.size, bsize);
    }
    if (needed > free) problems.push(tooSmall(this.name, needed, free));
    return problems;
  }

  remove(paths: readonly string[]): Promise<void> {
    return this.#explained(async () => {
      for (const path of paths) await rm(join(this.#root, path), { force: true });
    });
  }

  write(files: readonly CardFile[], signal: AbortSignal): Promise<void> {
    return this.#explained(async () => {
      for (const folder of foldersOf(files)) await this.#makeFolder(join(this.#root, folder));
      for (const file of files) {
        signal.throwIfAborted();
        const path = join(this.#root, file.path);
        if (isSame(file, path)) continue;
        // Remove first, so that we neither write through a link nor keep an old file's mode.
        await rm(path, { force: true });
        await using handle = await open(path, 'wx', modeOf(file));
        await handle.writeFile(bytesOf(file));
      }
      for (const path of ['', ...foldersOf(files), ...files.map((file) => file.path)]) {
        signal.throwIfAborted();
        await using handle: FileHandle = await open(join(this.#root, path), 'r');
        await handle.sync();
      }
    });
  }

  differing(files: readonly CardFile[], signal: AbortSignal): Promise<string[]> {
    return this.#explained(async () => {
      const paths = files.map(({ path }) => join(this.#root, path));
      // Drop the files from the page cache where the kernel allows it, so that reads test the medium.
      const forget = 'for file; do dd if="$file" iflag=nocache count=0 status=none; done';
      for (let n = 0; n < paths.length; n += 500) {
        await execa('sh', ['-c', forget, 'sh', ...paths.slice(n, n + 500)], { reject: false });
      }
      if (statSync(this.#root).dev !== this.#device) {
        throw new OperatorError(`The card ${this.name} was pulled out or unmounted half-way.`);
      }
      const differing: string[] = [];
      for (const file of files) {
        signal.throwIfAborted();
        if (!(await this.#holds(file))) differing.push(file.path);
      }
      return differing;
    });
  }

  async #holds(file: CardFile): Promise<boolean> {
    const path = join(this.#root, file.path);
    const found = await readFile(path).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (found === undefined || hash(found) !== hash(bytesOf(file))) return false;
    return file.secret !== true || this.#isFat || ((await lstat(path)).mode & 0o077) === 0;
  }

  async abandon(paths: readonly string[]): Promise<void> {
    if (statSync(this.#root, { throwIfNoEntry: false })?.dev === this.#device) {
      await this.remove(paths);
    }
  }

  async #makeFolder(path: string): Promise<void> {
    await mkdir(path).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    if ((await lstat(path)).isDirectory()) return;
    throw new OperatorError(`${path} is in the way: a folder of that name is needed there.`);
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explainCardError(this.name, error);
    }
  }
}

/** Whether source and target are the same file: the operator's firmware may be on the card itself. */
function isSame({ content }: CardFile, path: string): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (Buffer.isBuffer(content) || there === undefined) return false;
  const source = statSync(content.source);
  return source.ino === there.ino && source.dev === there.dev;
}

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
