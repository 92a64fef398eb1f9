import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { descendants } from '../support/processes.ts';

// What the kernel tells about the daemon and its programs; neither is asked.

const ticksPerSecond = 100;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended, or the descriptor was closed.
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** A line such as `VmRSS:  1234 kB` of a file in /proc. */
function field(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);
}

export interface Descriptors {
  readonly sockets: number;
  readonly pipes: number;
  readonly files: number;
  /** epoll, eventfd, inotify and their like. */
  readonly others: number;
  readonly inotifyWatches: number;
  readonly socketInodes: ReadonlySet<string>;
}

/** The open file descriptors of a process, by kind. */
export function descriptorsOf(pid: number): Descriptors {
  const counts = { sockets: 0, pipes: 0, files: 0, others: 0, inotifyWatches: 0 };
  const socketInodes = new Set<string>();
  for (const fd of list(`/proc/${pid}/fd`)) {
    let target: string;
    try {
      target = readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      continue;
    }
    const socket = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (socket !== undefined) {
      counts.sockets += 1;
      socketInodes.add(socket);
    } else if (target.startsWith('pipe:')) counts.pipes += 1;
    else if (target.startsWith('/')) counts.files += 1;
    else counts.others += 1;
    if (target === 'anon_inode:inotify') {
      counts.inotifyWatches +=
        read(`/proc/${pid}/fdinfo/${fd}`).match(/^inotify wd/gm)?.length ?? 0;
    }
  }
  return { ...counts, socketInodes };
}

export interface Ports {
  readonly listening: number;
  readonly established: number;
}

const established = '01';
const listening = '0A';

/** TCP ports of the sockets given, as the tables of their network namespace tell. */
export function portsOf(pid: number, inodes: ReadonlySet<string>): Ports {
  const ports = { listening: 0, established: 0 };
  for (const table of ['tcp', 'tcp6']) {
    for (const line of read(`/proc/${pid}/net/${table}`).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (!inodes.has(fields[9] ?? '')) continue;
      if (fields[3] === listening) ports.listening += 1;
      if (fields[3] === established) ports.established += 1;
    }
  }
  return ports;
}

/** Children that have ended, and whose end nobody has asked for. */
export function zombiesOf(pid: number): number {
  return list(`/proc/${pid}/task`)
    .flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(' '))
    .filter((child) => /\) Z /.test(read(`/proc/${child}/stat`))).length;
}

/** Resident memory in bytes, and threads. */
export function memoryOf(pid: number): { readonly rssBytes: number; readonly threads: number } {
  const status = read(`/proc/${pid}/status`);
  return { rssBytes: field(status, 'VmRSS') * 1024, threads: field(status, 'Threads') };
}

/** Seconds of a processor that a process has taken, with those of its children that have ended. */
export function processorSeconds(pid: number): { readonly own: number; readonly ended: number } {
  const stat = read(`/proc/${pid}/stat`);
  // From the third field on (proc(5)): utime is the 14th, cstime the 17th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
  return {
    own: (user + system) / ticksPerSecond,
    ended: (endedUser + endedSystem) / ticksPerSecond,
  };
}

/** The same of a process and all beneath it. */
export function processorSecondsOfTree(pid: number): number {
  return [pid, ...descendants(pid).map((one) => one.pid)]
    .map(processorSeconds)
    .reduce((sum, { own, ended }) => sum + own + ended, 0);
}

/** How many programs of each name run beneath a process. */
export function programsOf(pid: number): { readonly pids: number[]; readonly names: string[] } {
  const all = descendants(pid);
  return {
    pids: all.map((one) => one.pid),
    names: all.map(({ command }) => basename(command.split(' ')[0] ?? '')),
  };
}

export interface Folder {
  readonly files: number;
  readonly directories: number;
  readonly bytes: number;
}

/** All that lies below a directory; what goes meanwhile is left out. */
export function folderSize(directory: string): Folder {
  const sum = { files: 0, directories: 0, bytes: 0 };
  for (const name of list(directory)) {
    try {
      const path = join(directory, name);
      const entry = statSync(path);
      if (entry.isDirectory()) {
        const below = folderSize(path);
        sum.files += below.files;
        sum.bytes += below.bytes;
        sum.directories += below.directories + 1;
      } else {
        sum.files += 1;
        sum.bytes += entry.size;
      }
    } catch {
      continue;
    }
  }
  return sum;
}

export const fileBytes = (path: string): number =>
  statSync(path, { throwIfNoEntry: false })?.size ?? 0;
