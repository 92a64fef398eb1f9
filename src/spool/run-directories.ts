import { randomBytes } from 'node:crypto';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../lib/errors.ts';
import { type CameraName, formatCameraName, isLabel } from '../lib/names.ts';
import { inPlainWords } from './disk-trouble.ts';
import { makeDirectory } from './durable.ts';

/** Where one run of an archiver writes its files until they are published. */
export interface RunDirectory {
  readonly camera: CameraName;
  readonly path: string;
}

/** Makes a directory for one run. Its name tells when, for people; nothing else reads it. */
export async function makeRunDirectory(root: string, camera: CameraName): Promise<string> {
  const stamp = new Date().toISOString().replaceAll(/[-:]/g, '');
  const run = `${stamp}-${randomBytes(3).toString('hex')}`;
  const path = join(root, camera.account, camera.camera, run);
  try {
    await makeDirectory(path);
  } catch (error) {
    throw inPlainWords(error, `${formatCameraName(camera)} has no directory to record into`);
  }
  return path;
}

/** The run directories that exist, the oldest of each camera first. */
export async function findRunDirectories(root: string): Promise<RunDirectory[]> {
  const found: RunDirectory[] = [];
  for (const account of await directories(root)) {
    for (const camera of await directories(join(root, account))) {
      if (!isLabel(account) || !isLabel(camera)) continue;
      const runs = await directories(join(root, account, camera));
      for (const run of runs.sort()) {
        found.push({ camera: { account, camera }, path: join(root, account, camera, run) });
      }
    }
  }
  return found;
}

/** Removes a directory if it is empty. @returns whether it is gone. */
export async function removeIfEmpty(path: string): Promise<boolean> {
  try {
    await rmdir(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function directories(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
