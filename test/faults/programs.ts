import { readlinkSync } from 'node:fs';
import type { SiteCamera } from '../support/site.ts';
import type { Scene } from './fault.ts';

export type ProgramName = 'relay' | 'archiver';

/** A program of a camera that runs now, as the kernel tells; the daemon is not asked. */
export function programOf(scene: Scene, camera: SiteCamera, name: ProgramName): number | undefined {
  const programs = scene.site.children();
  if (name === 'archiver') {
    return programs.findLast(({ pid }) => directoryOf(pid).includes(`/${camera.name}/`))?.pid;
  }
  // Nothing of a relay says whose it is but the daemon's log: both of its ports are the daemon's.
  const ready = scene.site.log.findLast(
    (line) => line.message === 'relay is ready' && line.camera === camera.name,
  );
  return programs.find(({ pid }) => pid === ready?.['pid'])?.pid;
}

function directoryOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Signals a process, if it is still there; 0: asks whether it is. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
