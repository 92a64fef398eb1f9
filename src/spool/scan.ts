import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { errorCode } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type CameraName, isLabel } from '../model/camera-name.ts';
import type { Inventory } from './inventory.ts';
import { parseSegmentFileName, type Segment } from '../model/segment.ts';

export interface Changes {
  readonly added: (segment: Segment) => void;
  readonly removed: (segment: Segment) => void;
}

const filesAtOnce = 32;
const maxStrangersReported = 1_000;

/** Brings the inventory in line with the files in ready/. */
export class Scanner {
  readonly #root: string;
  readonly #inventory: Inventory;
  readonly #changes: Changes;
  readonly #log: Log;
  readonly #isHere: () => Promise<boolean>;
  readonly #strangers = new Set<string>();

  /** @param isHere whether the spool's directory is still at its path */
  constructor(
    root: string,
    inventory: Inventory,
    changes: Changes,
    log: Log,
    isHere: () => Promise<boolean>,
  ) {
    this.#root = root;
    this.#inventory = inventory;
    this.#changes = changes;
    this.#log = log;
    this.#isHere = isHere;
  }

  /** Reads the whole tree. It may change meanwhile, so each difference is checked with lstat. */
  async all(signal: AbortSignal): Promise<void> {
    const seen = new Set<string>();
    for (const account of await this.#directories(this.#root, this.#root)) {
      const under = join(this.#root, account);
      for (const camera of await this.#directories(under, under)) {
        if (signal.aborted) return;
        seen.add(`${account}/${camera}`);
        await this.#camera({ account, camera }, signal);
      }
    }
    for (const camera of this.#inventory.cameras()) {
      if (!seen.has(`${camera.account}/${camera.camera}`)) await this.#missing(camera, new Set());
    }
  }

  /** Looks at one path that is reported to have changed. */
  async one(path: string): Promise<void> {
    const [account = '', camera = '', name, ...rest] = relative(this.#root, path).split(sep);
    if (name === undefined || rest.length > 0 || !isLabel(account) || !isLabel(camera)) return;
    await this.#file({ account, camera }, name);
  }

  async #camera(camera: CameraName, signal: AbortSignal): Promise<void> {
    const directory = join(this.#root, camera.account, camera.camera);
    const present = new Set<string>();
    const added: string[] = [];
    for (const entry of await entries(directory)) {
      present.add(entry.name);
      if (this.#inventory.has(camera, entry.name)) continue;
      if (entry.isFile()) added.push(entry.name);
      else this.#report(join(directory, entry.name));
    }
    // Some at a time, which takes a third of the time of one by one.
    for (let first = 0; first < added.length && !signal.aborted; first += filesAtOnce) {
      const some = added.slice(first, first + filesAtOnce);
      await Promise.all(some.map((name) => this.#file(camera, name)));
    }
    if (!signal.aborted) await this.#missing(camera, present);
  }

  async #file(camera: CameraName, name: string): Promise<void> {
    const path = join(this.#root, camera.account, camera.camera, name);
    if (parseSegmentFileName(camera, name) === undefined) return this.#report(path);
    let departures: number;
    let stats: Stats | undefined;
    do {
      ({ departures } = this.#inventory);
      stats = await lstat(path).catch(unlessMissing);
      // A file removed meanwhile may be this one: look again, lest we list a missing file.
    } while (departures !== this.#inventory.departures);
    if (stats === undefined) return;
    if (!stats.isFile()) return this.#report(path);
    const segment = this.#inventory.add(camera, name, stats.size);
    if (segment !== undefined) this.#changes.added(segment);
  }

  /** Removes missing files. A file that is not `present` may be newer, so lstat decides. */
  async #missing(camera: CameraName, present: ReadonlySet<string>): Promise<void> {
    for (const name of this.#inventory.names(camera)) {
      if (present.has(name)) continue;
      const path = join(this.#root, camera.account, camera.camera, name);
      if ((await lstat(path).catch(unlessMissing)) !== undefined) continue;
      // Asked after the file was missed, so that a disk which went away in between is noticed.
      if (!(await this.#isHere())) return;
      const segment = this.#inventory.remove(camera, name);
      if (segment !== undefined) this.#changes.removed(segment);
    }
  }

  async #directories(path: string, parent: string): Promise<string[]> {
    const names: string[] = [];
    for (const entry of await entries(path)) {
      if (entry.isDirectory() && isLabel(entry.name)) names.push(entry.name);
      else this.#report(join(parent, entry.name));
    }
    return names;
  }

  #report(path: string): void {
    if (this.#strangers.has(path) || this.#strangers.size >= maxStrangersReported) return;
    this.#strangers.add(path);
    this.#log.warn('something in the spool is not a segment and is left alone', { path });
  }
}

const unlessMissing = (error: unknown): undefined => {
  if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error;
};

const entries = async (path: string): Promise<Dirent[]> =>
  (await readdir(path, { withFileTypes: true }).catch(unlessMissing)) ?? [];
