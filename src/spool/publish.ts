import { constants, type FileHandle, lstat, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../lib/errors.ts';
import { type CameraName, formatCameraName, isLabel } from '../model/camera-name.ts';
import { syncDirectory } from '../lib/sync-directory.ts';
import { inPlainWords } from './disk-trouble.ts';
import { hashFile, makeDirectory } from './durable.ts';
import {
  type FinishedFile,
  parseSegmentFileName,
  type Segment,
  segmentFileName,
} from '../model/segment.ts';

/**
 * Makes a finished file a segment in `directory` (the camera's in ready/). The content is on the
 * disk before the name, and the name before this resolves, so that every file with a segment's name
 * is whole after a power cut. Idempotent: the name contains the hash of the content.
 *
 * @param find returns the segment of the same start and duration, if there is one: the result for a
 *   file that was published before.
 * @throws Error for an empty, growing or unnameable file; OperatorError if the disk is full or
 *   broken. The file then stays where it was.
 */
export async function publishFile(
  directory: string,
  camera: CameraName,
  file: FinishedFile,
  find: (startMs: number, durationMs: number) => Segment | undefined,
): Promise<Segment> {
  if (!isLabel(camera.account) || !isLabel(camera.camera)) {
    throw new Error(`${formatCameraName(camera)} can't be the name of a camera`);
  }
  const startMs = Math.round(file.startMs);
  const durationMs = Math.round(file.durationMs);
  try {
    const content = await settle(file.path);
    const identity = { ...camera, startMs, durationMs, sha256: content.sha256 };
    const name = segmentFileName(identity);
    if (parseSegmentFileName(camera, name) === undefined) {
      throw new Error(`no segment can start at ${startMs} and last ${durationMs} ms`);
    }
    const path = join(directory, name);
    await makeDirectory(directory);
    await rename(file.path, path).catch(async (error: unknown) => {
      // ENOENT is fine if a parallel call has already renamed this file.
      const same = errorCode(error) === 'ENOENT' && (await lstat(path).catch(() => undefined));
      if (!same || same.size !== content.bytes) throw error;
    });
    // The source directory needs no sync: the journal keeps both sides of a rename or neither.
    await syncDirectory(directory);
    return { ...identity, path, bytes: content.bytes };
  } catch (error) {
    const before = errorCode(error) === 'ENOENT' ? find(startMs, durationMs) : undefined;
    if (before === undefined)
      throw inPlainWords(
        error,
        `${basename(file.path)} can't be taken into the spool and stays where it was`,
      );
    await syncDirectory(dirname(before.path));
    return before;
  }
}

/** Flushes a file's content to the disk. @returns its hash and size. */
async function settle(path: string) {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const before = await statFile(handle);
  const content = await hashFile(handle);
  await handle.sync();
  const after = await statFile(handle);
  if (after.mtimeMs !== before.mtimeMs || after.size !== content.bytes) {
    throw new Error('the file is still being written');
  }
  return content;
}

async function statFile(handle: FileHandle) {
  const stats = await handle.stat();
  if (!stats.isFile()) throw new Error('it is not a file');
  if (stats.size === 0) throw new Error('the file is empty');
  return stats;
}
