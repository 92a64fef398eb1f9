import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, errorCode } from '../lib/errors.ts';
import { type Log, silentLog } from '../lib/log.ts';
import type { FinishedFile } from '../model/segment.ts';
import { finishFile } from './finish.ts';

/**
 * What lies in the run directory of an archiver that is gone, in the order of recording: complete
 * files and the last, cut off one, made whole. Files without a picture are deleted; one that can't
 * be read is logged and left where it is. Files that were found before are found again until they
 * are taken out of the directory.
 */
export async function salvage(directory: string, log: Log = silentLog): Promise<FinishedFile[]> {
  const found: FinishedFile[] = [];
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    try {
      const { size } = await stat(path);
      const file = await finishFile(path);
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
