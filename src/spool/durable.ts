import { createHash } from 'node:crypto';
import { type FileHandle, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../lib/errors.ts';
import { syncDirectory } from '../lib/sync-directory.ts';

/** Makes a directory and its missing parents, so that they survive a power cut. */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    // Not recursive: Node would then report ENOENT where the disk refused.
    await mkdir(directory, { mode: 0o750 });
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return;
    if (errorCode(error) !== 'ENOENT') throw error;
    await makeDirectory(dirname(directory));
    return await makeDirectory(directory);
  }
  await syncDirectory(dirname(directory));
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
