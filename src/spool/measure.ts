import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../lib/errors.ts';

/** The bytes of all files below a directory. Files that vanish meanwhile are not counted. */
export async function bytesBelow(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(
    unlessMissing(() => []),
  )) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) bytes += await bytesBelow(path);
    else if (entry.isFile()) {
      bytes += (await lstat(path).catch(unlessMissing((): Pick<Stats, 'size'> => ({ size: 0 }))))
        .size;
    }
  }
  return bytes;
}

const unlessMissing =
  <T>(instead: () => T) =>
  (error: unknown): T => {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error;
    return instead();
  };
