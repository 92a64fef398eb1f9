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
  /** On the card, from its root, with `/` between. */
  readonly path: string;
  /** Its bytes, or the file that it is a copy of. */
  readonly content: Buffer | FileCopy;
  /** Owner alone may read it, where the card has modes. */
  readonly secret?: boolean;
}

export const text = (path: string, content: string, secret = false): CardFile => ({
  path,
  content: Buffer.from(content),
  secret,
});

/** A file of this machine as a file of a card. */
export function copyOf(source: string, path: string): CardFile {
  const { size, mode } = statSync(source);
  return { path, content: { source, bytes: size, executable: (mode & 0o111) !== 0 } };
}

/** Its mode, where the card has modes. */
export const modeOf = ({ content, secret }: CardFile): number =>
  secret === true ? 0o600 : !Buffer.isBuffer(content) && content.executable ? 0o755 : 0o644;

export const sizeOf = ({ content }: CardFile): number =>
  Buffer.isBuffer(content) ? content.length : content.bytes;

export function bytesOf({ content }: CardFile): Buffer {
  if (Buffer.isBuffer(content)) return content;
  try {
    return readFileSync(content.source);
  } catch (error) {
    // Not the card's fault.
    throw new OperatorError(`${content.source} can't be read: ${describeError(error)}.`, {
      cause: error,
    });
  }
}

/** FAT doesn't tell names apart by case. */
export const fatKey = (path: string): string => path.toLowerCase();

/**
 * All files beneath a directory, as files of a card. Links are followed, since FAT has none.
 *
 * @param under where on the card they go; '' for its root
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

// Microsoft's FAT specification, "Long directory entries"; and `[`, which is a pattern for mtools.
const notOnFat = /[\p{Cc}"*:<>?\\|[]|[. ]$/u;

/**
 * Lays lists of files over each other, later ones over earlier ones.
 *
 * @throws {OperatorError} for names that FAT can't hold or tell apart
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
      // The name of the lower layer stays: its folders are spelled so already.
      all.set(key, { ...file, path: all.get(key)?.path ?? file.path });
    }
  }
  return [...all.values()];
}
