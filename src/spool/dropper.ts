import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describeError } from '../lib/errors.ts';
import type { FloodGate } from '../lib/flood-gate.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { syncDirectory } from '../lib/sync-directory.ts';
import { explainTrouble } from './disk-trouble.ts';
import { parseSegmentFileName, type Segment } from '../model/segment.ts';

export interface DropperOptions {
  readonly directory: string;
  readonly gate: FloodGate;
  /** The oldest segment that is not in use. */
  readonly oldest: () => Segment | undefined;
  /** Takes the segment out of the inventory. `back` undoes that; `gone` confirms it. */
  readonly hide: (segment: Segment) => { readonly back: () => void; readonly gone: () => void };
  readonly onDropped: (segment: Segment) => Promise<void> | void;
}

const prefix = 'dropped.';

/**
 * Drops segments such that each is reported even after a crash. The file is first renamed as
 * dropped, so that it is never uploaded; then the drop is reported; then the file is deleted. The
 * next process finishes the drops that this one began.
 */
export class Dropper {
  readonly #options: DropperOptions;
  readonly #pending = new Map<string, Segment>();
  readonly dropped = { files: 0, bytes: 0 };

  constructor(options: DropperOptions) {
    this.#options = options;
  }

  get pendingBytes(): number {
    let bytes = 0;
    for (const segment of this.#pending.values()) bytes += segment.bytes;
    return bytes;
  }

  /** Finds what an earlier process began to drop. @returns the other names in the directory. */
  async adopt(): Promise<string[]> {
    const others: string[] = [];
    const { directory } = this.#options;
    for (const name of await readdir(directory)) {
      const identity = parseDropped(name);
      if (identity === undefined) others.push(name);
      else {
        const path = join(directory, name);
        this.#pending.set(path, { ...identity, path, bytes: (await lstat(path)).size });
      }
    }
    return others;
  }

  /** Reports and deletes the pending segments. @returns whether none is left. */
  async finish(): Promise<boolean> {
    for (const segment of this.#pending.values()) await this.#finish(segment);
    return this.#pending.size === 0;
  }

  /** @returns the segment's bytes; undefined if no segment can be dropped now. */
  async dropOldest(): Promise<number | undefined> {
    const { directory, oldest, hide } = this.#options;
    const segment = oldest();
    if (segment === undefined) return undefined;
    const name = `${prefix}${segment.account}.${segment.camera}.${basename(segment.path)}`;
    const path = join(directory, name);
    const hidden = hide(segment);
    try {
      await rename(segment.path, path);
    } catch (error) {
      hidden.back();
      this.#complain('a segment can not be dropped', segment, error);
      return undefined;
    }
    hidden.gone();
    const pending = { ...segment, path };
    this.#pending.set(path, pending);
    return (await this.#finish(pending)) ? segment.bytes : undefined;
  }

  async #finish(segment: Segment): Promise<boolean> {
    const { directory, onDropped } = this.#options;
    try {
      await syncDirectory(directory);
      await onDropped(segment);
      await rm(segment.path, { force: true });
    } catch (error) {
      this.#complain('a dropped segment can not be noted and deleted', segment, error);
      return false;
    }
    this.#pending.delete(segment.path);
    this.dropped.files += 1;
    this.dropped.bytes += segment.bytes;
    const { account, camera, startMs, durationMs, bytes } = segment;
    this.#options.gate.warn('dropped', 'the spool is full: its oldest segment was dropped', {
      camera: formatCameraName({ account, camera }),
      start: new Date(startMs).toISOString(),
      durationMs,
      bytes,
    });
    return true;
  }

  #complain(message: string, segment: Segment, error: unknown): void {
    this.#options.gate.warn(message, message, {
      camera: formatCameraName(segment),
      path: segment.path,
      cause: describeError(error),
      hint: explainTrouble(error),
    });
  }
}

function parseDropped(name: string) {
  if (!name.startsWith(prefix)) return undefined;
  // A label has no dot.
  const [account = '', camera = '', ...rest] = name.slice(prefix.length).split('.');
  const whose: CameraName = { account, camera };
  return parseSegmentFileName(whose, rest.join('.'));
}
