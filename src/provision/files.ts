import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, OperatorError } from '../lib/errors.ts';

export interface FileCopy {
  readonly source: string;
  readonly bytes: number;
  readonly executable: boolean;
}

/** A file for a card. */
export interface CardFile {
  /** Path from the root of the card, with `/` as separator. */
  readonly path: string;
  /** The bytes, or the file to copy. */
  readonly content: Buffer | FileCopy;
  /** Only the owner may read the file, if the card supports modes. */
  readonly secret?: boolean;
}

export const text = (path: string, content: string, secret = false): CardFile => ({
  path,
  content: Buffer.from(content),
  secret,
});

/** A card file that is a copy of a file of this machine. */
export function copyOf(source: string, path: string): CardFile {
  const { size, mode } = statSync(source);
  return { path, content: { source, bytes: size, executable: (mode & 0o111) !== 0 } };
}

/** The file's mode, for cards that support modes. */
export const modeOf = ({ content, secret }: CardFile): number =>
  secret === true ? 0o600 : !Buffer.isBuffer(content) && content.executable ? 0o755 : 0o644;

export const sizeOf = ({ content }: CardFile): number =>
  Buffer.isBuffer(content) ? content.length : content.bytes;

export function bytesOf({ content }: CardFile): Buffer {
  if (Buffer.isBuffer(content)) return content;
  try {
    return readFileSync(content.source);
  } catch (error) {
    // An OperatorError, so that the card is not blamed.
    throw new OperatorError(`${content.source} can't be read: ${describeError(error)}.`, {
      cause: error,
    });
  }
}

/** A key for comparing paths: FAT ignores the case of names. */
export const fatKey = (path: string): string => path.toLowerCase();

/**
 * All files below a directory, as files of a card. Follows links, since FAT has none.
 *
 * @param under the target folder on the card; '' for the root
 */
export function filesBeneath(
  directory: string,
  under = '',
  skip: (name: string) => boolean = () => false,
): CardFile[] {
  const files: CardFile[] = [];
  const walk = (at: string, path: string, depth: number): void => {
    if (depth > 30)
      throw new OperatorError(`${at} is nested too deep: does a link in it lead back?`);
    for (const name of readdirSync(at).sort()) {
      if (skip(name)) continue;
      const source = join(at, name);
      const target = path === '' ? name : `${path}/${name}`;
      const found = statSync(source, { throwIfNoEntry: false });
      if (found === undefined) throw new OperatorError(`${source} is a link that leads nowhere.`);
      if (found.isDirectory()) walk(source, target, depth + 1);
      else if (found.isFile()) files.push(copyOf(source, target));
      else throw new OperatorError(`${source} is no file and no directory: no card can hold it.`);
    }
  };
  walk(directory, under, 0);
  return files;
}

// Microsoft's FAT specification, "Long directory entries"; and `[`, which mtools takes for a pattern.
const notOnFat = /[\p{Cc}"*:<>?\\|[]|[. ]$/u;

/**
 * Merges lists of files; files of later lists replace those of earlier ones.
 *
 * @throws {OperatorError} FAT can't hold a name, or can't tell two names apart
 */
export function layered(...layers: readonly (readonly CardFile[])[]): CardFile[] {
  const all = new Map<string, CardFile>();
  for (const layer of layers) {
    const own = new Map<string, string>();
    for (const file of layer) {
      const key = fatKey(file.path);
      const clash = own.get(key);
      if (clash !== undefined) {
        throw new OperatorError(
          `${clash} and ${file.path} differ in capital letters only: a FAT card can't hold both.`,
        );
      }
      if (
        file.path.split('/').some((part) => notOnFat.test(part) || Buffer.byteLength(part) > 255)
      ) {
        throw new OperatorError(`A FAT card can't hold a file with the name "${file.path}".`);
      }
      own.set(key, file.path);
      // Keep the lower layer's spelling, which its folders share.
      all.set(key, { ...file, path: all.get(key)?.path ?? file.path });
    }
  }
  return [...all.values()];
}
