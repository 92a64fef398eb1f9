import { errorCode, OperatorError } from '../lib/errors.ts';
import type { CardFile } from './files.ts';

/** What a camera's files are written to: a mounted card, an image of one, or a disk. */
export interface Card {
  /** As the operator named it. */
  readonly name: string;
  /** What the operator should know of it before the camera gets it. */
  readonly notes: readonly string[];
  /** All that would keep these files from being written, in sentences. Writes nothing. */
  problems(files: readonly CardFile[]): Promise<string[]>;
  /** Removes the files that are there. */
  remove(paths: readonly string[]): Promise<void>;
  /** Writes in this order, each in place of what is there. When it returns the medium has them. */
  write(files: readonly CardFile[], signal: AbortSignal): Promise<void>;
  /** Reads back from the medium, and returns the paths of the files that are not what they should be. */
  differing(files: readonly CardFile[], signal: AbortSignal): Promise<string[]>;
  /** Takes back what was begun, as far as the medium still lets it; nothing of a new image stays. */
  abandon(paths: readonly string[]): Promise<void>;
}

/** Why a card can't be written or read, in a sentence for the operator. */
export function explainCardError(name: string, error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const code = errorCode(error) ?? '';
  if (code === 'EACCES') {
    return new OperatorError(`You may not open the card ${name} for writing. Use sudo.`, {
      cause: error,
    });
  }
  const why =
    code === 'ENOSPC' || /disk full|no space left/i.test(said)
      ? 'is full: take a larger card, or remove what is not needed'
      : code === 'EROFS' || code === 'EPERM' || /read-only|write.protected/i.test(said)
        ? 'is read-only: move the slider on the card, or mount it for writing'
        : ['EIO', 'ENODEV', 'ENXIO', 'ENOENT', 'ENOTDIR', 'EUCLEAN', 'ENOMEDIUM'].includes(code) ||
            /input\/output error|no such (file|device)|failed whilst writing/i.test(said)
          ? 'is gone or broken: it was pulled out, or it fails to store what is written to it'
          : `can't be written: ${said.split('\n')[0]}`;
  return new OperatorError(`The card ${name} ${why}.`, { cause: error });
}

export const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000)} MB`;

/** What files take on a file system that hands out whole clusters. */
export const clusters = (bytes: number, clusterBytes: number): number =>
  Math.ceil(bytes / clusterBytes) * clusterBytes;

export const tooSmall = (name: string, neededBytes: number, freeBytes: number): string =>
  `The card ${name} is too small: ${megabytes(neededBytes)} are needed, and it has room for ${megabytes(freeBytes)}.`;

/** The folders of files, each after the one that it is in. */
export function foldersOf(files: readonly CardFile[]): string[] {
  const folders = new Set<string>();
  for (const { path } of files) {
    const parts = path.split('/').slice(0, -1);
    for (let n = 1; n <= parts.length; n += 1) folders.add(parts.slice(0, n).join('/'));
  }
  return [...folders].sort();
}
