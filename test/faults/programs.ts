import { readlinkSync } from 'node:fs';
import type { ProcessInfo } from '../support/processes.ts';
import type { SiteCamera } from '../support/site.ts';
import type { Scene } from './fault.ts';

export type ProgramName = 'relay' | 'archiver';

/** A program of a camera that runs now, as the kernel tells; the daemon is not asked. */
export function programOf(scene: Scene, camera: SiteCamera, name: ProgramName): number | undefined {
  const programs = scene.site.children();
  const archiver = programs.findLast(({ pid }) => directoryOf(pid).includes(`/${camera.name}/`));
  if (name === 'archiver' || archiver === undefined) return archiver?.pid;
  const port = /rtsp:\/\/127\.0\.0\.1:(\d+)\/proxyStream/.exec(archiver.command)?.[1];
  return programs.find((one) => isRelay(one, port))?.pid;
}

const isRelay = ({ command }: ProcessInfo, port: string | undefined): boolean =>
  command.includes('live555ProxyServer') && command.includes(` -p ${port} `);

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
