import { errorCode, OperatorError } from '../lib/errors.ts';
import type { CardFile } from './files.ts';

/** The target for a camera's files: a mounted card, an image of a card, or a disk. */
export interface Card {
  /** The operator's name of the card. */
  readonly name: string;
  /** What the operator should know before the card goes into the camera. */
  readonly notes: readonly string[];
  /** One sentence for each reason why the files can't be written. Writes nothing. */
  problems(files: readonly CardFile[]): Promise<string[]>;
  /** Removes those of the files that exist. */
  remove(paths: readonly string[]): Promise<void>;
  /** Writes or replaces the files, in this order. They are on the medium when the promise resolves. */
  write(files: readonly CardFile[], signal: AbortSignal): Promise<void>;
  /** Reads the files back from the medium, and returns the paths of those that differ. */
  differing(files: readonly CardFile[], signal: AbortSignal): Promise<string[]>;
  /** Removes the paths, as far as the medium still allows it; a new image is deleted altogether. */
  abandon(paths: readonly string[]): Promise<void>;
}

/** Explains to the operator why a card can't be written or read. */
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

/** Space that a file takes on a file system that allocates whole clusters. */
export const clusters = (bytes: number, clusterBytes: number): number =>
  Math.ceil(bytes / clusterBytes) * clusterBytes;

export const tooSmall = (name: string, neededBytes: number, freeBytes: number): string =>
  `The card ${name} is too small: ${megabytes(neededBytes)} are needed, and it has room for ${megabytes(freeBytes)}.`;

/** All folders of the files, parents first. */
export function foldersOf(files: readonly CardFile[]): string[] {
  const folders = new Set<string>();
  for (const { path } of files) {
    const parts = path.split('/').slice(0, -1);
    for (let n = 1; n <= parts.length; n += 1) folders.add(parts.slice(0, n).join('/'));
  }
  return [...folders].sort();
}
