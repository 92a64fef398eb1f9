import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One process, as /proc tells. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** Program and arguments, with spaces between. */
  readonly command: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** All processes of the machine that are not merely waiting to be reaped. */
export function processes(): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === undefined || parent === undefined || state === 'Z') return [];
      const command = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
      return [{ pid: Number(name), parent: Number(parent), command }];
    });
}

/** All processes beneath `pid`. */
export function descendants(pid: number): ProcessInfo[] {
  const all = processes();
  const beneath = (parent: number): ProcessInfo[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...beneath(one.pid)]);
  return beneath(pid);
}

/** The letter of a process's state, such as T: halted; undefined: there is none. */
export function stateOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0] || undefined;
}

export const isAlive = (pid: number): boolean => processes().some((one) => one.pid === pid);

/** The TCP ports on which a process listens, IPv4 and IPv6. */
export function listeningPorts(pid: number): number[] {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  const ports = new Set<number>();
  for (const table of ['tcp', 'tcp6']) {
    for (const line of read(`/proc/${pid}/net/${table}`).split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const [, local, , state] = fields;
      const listening = '0A';
      if (state === listening && inodes.has(fields[9] ?? '')) {
        ports.add(Number.parseInt(local?.split(':')[1] ?? '', 16));
      }
    }
  }
  return [...ports];
}
