import { readdirSync, readFileSync } from 'node:fs';
import { shareOfMemoryKib } from './cost.ts';

/** USER_HZ, the same on all machines that Node runs on. */
const msPerTick = 10;

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Own, and of its children that have ended and been waited for. */
  readonly cpuMs: number;
}

/** From proc_pid_stat of all processes. */
function table(): ReadonlyMap<number, readonly Process[]> {
  const byParent = new Map<number, Process[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const process = read(Number(name));
    if (process === undefined) continue;
    const siblings = byParent.get(process.parent);
    if (siblings === undefined) byParent.set(process.parent, [process]);
    else siblings.push(process);
  }
  return byParent;
}

function read(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { pid, parent: Number(fields[1]), cpuMs: ticks * msPerTick };
  } catch {
    // It is gone.
    return undefined;
  }
}

function tree(root: number): Process[] {
  const byParent = table();
  const found = [read(root)].filter((one) => one !== undefined);
  for (const { pid } of found) found.push(...(byParent.get(pid) ?? []));
  return found;
}

/** A process and all beneath it. */
export const treeOf = (root: number): number[] => tree(root).map(({ pid }) => pid);

/**
 * CPU time that trees of processes have taken, with that of processes in them that have ended since.
 * One that ends in just this moment is missed by one reading or the other; thus the middle one of three.
 */
export function treesCpuMs(roots: readonly number[]): number {
  const once = (): number => roots.flatMap(tree).reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  return [once(), once(), once()].toSorted((a, b) => a - b)[1] ?? 0;
}

/** What they share with others counted in parts. */
export const treesMemoryKib = (roots: readonly number[]): number =>
  shareOfMemoryKib(roots.flatMap(treeOf));
