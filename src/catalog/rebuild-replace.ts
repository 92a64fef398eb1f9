import { existsSync, linkSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncDirectory } from '../lib/sync-directory.ts';

/**
 * Puts a rebuilt ledger in the place of the present one, which is kept beside it. No daemon may be
 * working on it.
 *
 * @returns what the present one is called now; undefined if there was none
 */
export async function replaceLedger(
  file: string,
  rebuilt: string,
  nowMs: number,
): Promise<string | undefined> {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const kept = `${file}.before-${stamp}`;
  const there = existsSync(file);
  // A write-ahead log that stayed would be taken for the new file's.
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, kept + suffix);
  }
  // A second name first, so that there is a ledger under the name at each moment.
  if (there) linkSync(file, kept);
  renameSync(rebuilt, file);
  await syncDirectory(dirname(file));
  return there ? kept : undefined;
}
