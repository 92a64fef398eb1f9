import { createHash } from 'node:crypto';
import { type FileHandle, lstat, mkdir, readlink, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, OperatorError } from '../lib/errors.ts';
import { syncDirectory } from '../lib/sync-directory.ts';

/**
 * Makes a directory and its missing parents, so that they survive a power cut.
 *
 * @throws OperatorError if it, or a parent, is something else or a link that leads nowhere.
 */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await makeOne(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) throw error;
    await makeDirectory(dirname(directory));
    await makeOne(directory);
  }
}

async function makeOne(directory: string): Promise<void> {
  try {
    // Not recursive: Node would then report ENOENT where the disk refused.
    await mkdir(directory, { mode: 0o750 });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return await assertDirectory(directory);
    throw error;
  }
  await syncDirectory(dirname(directory));
}

/** mkdir(2) says EEXIST of a link to a path that isn't there, too. */
async function assertDirectory(path: string): Promise<void> {
  const stats = await stat(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
  if (stats?.isDirectory() === true) return;
  if (stats !== undefined) {
    throw new OperatorError(`${path} is not a directory. Remove it, or name another path.`);
  }
  const isLink = (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
  // It has gone since mkdir found it.
  if (!isLink) throw new Error(`${path} could not be made: it was deleted meanwhile`);
  throw new OperatorError(
    `${path} is a link to ${await readlink(path)}, which is not there. Mount its disk or make that directory, then start again.`,
  );
}

/** SHA-256 in hex, and the number of bytes read. */
export async function hashFile(
  handle: FileHandle,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  // One buffer for the whole file: a stream would allocate the file's size.
  const buffer = Buffer.allocUnsafe(256 * 1024);
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, bytes);
    if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes };
    hash.update(buffer.subarray(0, bytesRead));
    bytes += bytesRead;
  }
}
