import { readdirSync, readFileSync } from 'node:fs';

/** What processes cost, together. */
export interface Cost {
  /** Since they began, of all their threads. */
  readonly cpuMs: number;
  /** That they share with nobody. */
  readonly memoryKib: number;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It is gone.
    return '';
  }
};

const threads = (pid: number): string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
};

/** From proc_pid_schedstat and proc_pid_smaps_rollup; nothing for those that are gone. */
export function costOf(pids: readonly number[]): Cost {
  let cpuMs = 0;
  let memoryKib = 0;
  for (const pid of pids) {
    for (const thread of threads(pid)) {
      const [ranNs = '0'] = read(`/proc/${pid}/task/${thread}/schedstat`).split(' ');
      cpuMs += Number(ranNs) / 1e6;
    }
    const rollup = read(`/proc/${pid}/smaps_rollup`);
    memoryKib += Number(/^Private_Dirty:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return { cpuMs, memoryKib };
}

/** The memory of processes, what they share counted in parts, in KiB (Pss of proc_pid_smaps_rollup). */
export function shareOfMemoryKib(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) {
    kib += Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
  }
  return kib;
}
