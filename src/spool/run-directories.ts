import { randomBytes } from 'node:crypto';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../lib/errors.ts';
import { type CameraName, isLabel } from '../model/camera-name.ts';

/** Where one run of an archiver writes its files until they are published. */
export interface RunDirectory {
  readonly camera: CameraName;
  readonly path: string;
}

/** A new path for one run. The time in the name is for people; no code reads it. */
export function newRunPath(root: string, camera: CameraName): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]/g, '');
  const run = `${stamp}-${randomBytes(3).toString('hex')}`;
  return join(root, camera.account, camera.camera, run);
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
