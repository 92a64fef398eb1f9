import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Card, clusters, explainCardError, foldersOf, tooSmall } from './card.ts';
import { type CardFile, fatKey, sizeOf } from './files.ts';
import type { FatVolume } from './fat-volume.ts';
import { runFatTool } from './mtools.ts';

const filesAtOnce = 200;

export interface FatCardOptions {
  /** The operator's name of the card. */
  readonly name: string;
  /** Path of the image or the disk. */
  readonly path: string;
  readonly volume: FatVolume;
  readonly notes?: readonly string[];
  /** Deletes the card altogether; only for a new image. */
  readonly discard?: () => Promise<void>;
}

/** An unmounted FAT file system in an image or on a disk. */
export class FatCard implements Card {
  readonly #options: FatCardOptions;
  readonly #drive: readonly string[];

  constructor(options: FatCardOptions) {
    this.#options = options;
    this.#drive = ['-i', `${options.path}@@${options.volume.offset}`];
  }

  get name(): string {
    return this.#options.name;
  }

  get notes(): readonly string[] {
    return this.#options.notes ?? [];
  }

  problems(files: readonly CardFile[]): Promise<string[]> {
    return this.#explained(async () => {
      const { clusterBytes } = this.#options.volume;
      const present = await this.#present();
      // A folder takes a cluster, or more if it has many names: count two.
      let needed = foldersOf(files).length * 2 * clusterBytes;
      let free = await this.#freeBytes();
      for (const file of files) {
        needed += clusters(sizeOf(file), clusterBytes);
        free += (present.get(fatKey(file.path)) ?? 0) * clusterBytes;
      }
      return needed > free ? [tooSmall(this.name, needed, free)] : [];
    });
  }

  remove(paths: readonly string[]): Promise<void> {
    return this.#explained(async () => {
      const present = await this.#present();
      const found = paths.filter((path) => present.has(fatKey(path)));
      if (found.length === 0) return;
      await this.#run('mdel', found.map(onDrive));
      await this.#sync();
    });
  }

  write(files: readonly CardFile[], signal: AbortSignal): Promise<void> {
    return this.#explained(async () => {
      const present = await this.#present();
      const folders = foldersOf(files).filter((path) => !present.has(fatKey(path)));
      if (folders.length > 0) await this.#run('mmd', folders.map(onDrive), signal);
      for (const { folder, sources } of grouped(files)) {
        await this.#run('mcopy', ['-n', '-o', '-Q', ...sources, onDrive(folder)], signal);
      }
      for (const { path, content } of files) {
        // Written through a pipe, so that secrets leave no copy on this machine's disk.
        if (!Buffer.isBuffer(content)) continue;
        await this.#run('mcopy', ['-n', '-o', '-Q', '-', onDrive(path)], signal, content);
      }
      await this.#sync();
    });
  }

  differing(files: readonly CardFile[], signal: AbortSignal): Promise<string[]> {
    return this.#explained(async () => {
      const present = await this.#present();
      const differing = files.filter(({ path }) => !present.has(fatKey(path)));
      const there = files.filter(({ path }) => present.has(fatKey(path)));
      for (const file of there) {
        if (!Buffer.isBuffer(file.content)) continue;
        const found = await this.#run('mtype', [onDrive(file.path)], signal);
        if (!found.equals(file.content)) differing.push(file);
      }
      for (const group of grouped(there)) {
        differing.push(...(await this.#differingCopies(group, signal)));
      }
      return differing.map(({ path }) => path);
    });
  }

  async #differingCopies({ files }: FileGroup, signal: AbortSignal): Promise<CardFile[]> {
    const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
    const directory = await mkdtemp(join(parent, 'cctv-card-'));
    try {
      const paths = files.map(({ path }) => onDrive(path));
      await this.#run('mcopy', ['-n', '-Q', ...paths, directory], signal);
      const differing: CardFile[] = [];
      for (const file of files) {
        const { content, path } = file;
        if (Buffer.isBuffer(content)) continue;
        const copy = join(directory, basename(path));
        if ((await hashOf(copy)) !== (await hashOf(content.source))) differing.push(file);
      }
      return differing;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async abandon(paths: readonly string[]): Promise<void> {
    const { discard } = this.#options;
    if (discard === undefined) await this.remove(paths);
    else await discard();
  }

  async #freeBytes(): Promise<number> {
    const listing = (await this.#run('mdir', ['::'])).toString();
    const free = /([\d ]+) bytes free/.exec(listing);
    return Number((free?.[1] ?? '0').replaceAll(' ', ''));
  }

  /** The number of clusters of everything on the card, by path in lower case. */
  async #present(): Promise<Map<string, number>> {
    const listing = await this.#run('mdu', ['-a', '::']).then(String, (error: unknown) => {
      // mdu fails with this message if the root directory is empty.
      if (error instanceof Error && error.message.includes('"::" not found')) return '';
      throw error;
    });
    const found = new Map<string, number>();
    for (const [, path = '', count] of listing.matchAll(/^::\/(.*?)\s+(\d+)$/gm)) {
      found.set(fatKey(path), Number(count));
    }
    return found;
  }

  #run(program: string, args: readonly string[], signal?: AbortSignal, input?: Buffer) {
    return runFatTool(program, [...this.#drive, ...args], {
      signal,
      input,
    });
  }

  /** Flushes writes to the medium, and makes further reads come from the medium. */
  async #sync(): Promise<void> {
    const { path } = this.#options;
    await using handle = await open(path, 'r+');
    await handle.sync();
    if ((await handle.stat()).isBlockDevice()) await runFatTool('blockdev', ['--flushbufs', path]);
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explainCardError(this.name, error);
    }
  }
}

interface FileGroup {
  readonly folder: string;
  readonly files: readonly CardFile[];
  readonly sources: readonly string[];
}

/** Groups copied files by folder, so that one run of mcopy takes many. A renamed file is its own group. */
function grouped(files: readonly CardFile[]): FileGroup[] {
  const groups: { folder: string; files: CardFile[]; sources: string[] }[] = [];
  const open = new Map<string, (typeof groups)[number]>();
  for (const file of files) {
    if (Buffer.isBuffer(file.content)) continue;
    const folder = dirname(file.path) === '.' ? '' : dirname(file.path);
    const renamed = basename(file.content.source) !== basename(file.path);
    let group = renamed ? undefined : open.get(folder);
    if (group === undefined || group.files.length >= filesAtOnce) {
      group = { folder: renamed ? file.path : folder, files: [], sources: [] };
      groups.push(group);
      if (!renamed) open.set(folder, group);
    }
    group.files.push(file);
    group.sources.push(file.content.source);
  }
  return groups;
}

const onDrive = (path: string): string => `::/${path}`;

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
