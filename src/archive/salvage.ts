import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, errorCode } from '../lib/errors.ts';
import { type Log, silentLog } from '../lib/log.ts';
import type { FinishedFile } from '../model/segment.ts';
import { finishFile } from './finish.ts';

/**
 * Finishes the files in the run directory of an ended archiver, including the last, cut-off one.
 * Deletes files without a picture; logs and leaves files that can't be read. Returns files again
 * until they are taken out of the directory.
 *
 * @param usualPauseMs between the camera's pictures; unknown unless given
 * @returns the files in the order of recording
 */
export async function salvage(
  directory: string,
  log: Log = silentLog,
  usualPauseMs?: number,
): Promise<FinishedFile[]> {
  const found: FinishedFile[] = [];
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    try {
      const { size } = await stat(path);
      const file = await finishFile(path, usualPauseMs);
      if (file !== undefined) found.push(file);
      else log.info('a file without a picture was deleted', { file: path, bytes: size });
    } catch (error) {
      log.warn('a file of footage could not be salvaged', {
        file: path,
        cause: describeError(error),
      });
    }
  }
  return found;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory);
    return names.filter((name) => name.endsWith('.mp4')).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
