import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, freemem, loadavg, release, totalmem } from 'node:os';
import type { DaemonView } from './daemon.ts';
import type { Findings } from './finding.ts';

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
};

/** Measured maximum per camera, with a margin. */
const perCamera = { fileDescriptors: 16, processes: 12, bytes: 60e6 };
const least = { fileDescriptors: 4_096, processes: 1_024, bytes: 512e6 };

/** Kernel settings and their minimum values. */
const settings = [
  ['fs.inotify.max_user_watches', 8_192],
  ['fs.inotify.max_user_instances', 128],
  ['net.core.somaxconn', 511],
] as const;
const leastPorts = 10_000;

export function checkMachine(daemon: DaemonView, found: Findings): void {
  const cameras = daemon.status?.cameras.known ?? 0;
  found.ok(`Linux ${release()}, ${availableParallelism()} cores`);
  checkMemory(cameras, found);
  for (const [name, minimum] of settings) {
    const value = Number(read(`/proc/sys/${name.replaceAll('.', '/')}`));
    if (Number.isNaN(value)) found.unseen(`The kernel's setting ${name}`);
    else if (value < minimum) {
      found.warning(
        `${name} is ${value}`,
        `Set it: sysctl -w ${name}=${minimum}, and in /etc/sysctl.d`,
      );
    } else found.ok(`${name} is ${value}`);
  }
  const range = read('/proc/sys/net/ipv4/ip_local_port_range');
  const [low = 0, high = 0] = range?.split(/\s+/).map(Number) ?? [];
  if (range === undefined) found.unseen("The kernel's setting net.ipv4.ip_local_port_range");
  else if (high - low < leastPorts) {
    found.warning(
      `net.ipv4.ip_local_port_range has ${high - low} ports only`,
      'Set it: sysctl -w net.ipv4.ip_local_port_range="32768 60999", and in /etc/sysctl.d',
    );
  } else found.ok(`net.ipv4.ip_local_port_range is ${low} to ${high}`);
  if (daemon.status === undefined) {
    found.unseen('The limits of the daemon: it does not run, or does not answer');
  } else checkLimits(daemon.status.pid, cameras, found);
}

function checkMemory(cameras: number, found: Findings): void {
  const available =
    Number(/^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1]) * 1024;
  const free = Number.isNaN(available) ? freemem() : available;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  const text = `${gigabytes(free)} of ${gigabytes(totalmem())} memory are available`;
  const needed = least.bytes + cameras * perCamera.bytes;
  if (free < 200e6) found.problem(text, 'Add memory, or end what uses it');
  else if (totalmem() < needed) {
    found.warning(
      `${text}; ${cameras} cameras may need ${gigabytes(needed)}`,
      'Add memory, or have fewer cameras on this machine',
    );
  } else found.ok(text);
  const load = loadavg()[1] ?? 0;
  const cores = availableParallelism();
  const loadText = `The load is ${load.toFixed(1)} on ${cores} cores`;
  if (load > 2 * cores)
    found.warning(loadText, 'The machine has too much to do: frames may be lost');
  else found.ok(loadText);
}

function checkLimits(pid: number, cameras: number, found: Findings): void {
  const limits = read(`/proc/${pid}/limits`);
  if (limits === undefined) {
    found.unseen('The limits of the daemon', 'Run it with sudo');
    return;
  }
  const soft = (name: string): number => {
    const value = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(limits)?.[1];
    return value === 'unlimited' ? Infinity : Number(value);
  };
  const judge = (what: string, value: number, needed: number, option: string): void => {
    const text = `The daemon may have ${value === Infinity ? 'any number of' : value} ${what}`;
    if (value >= needed) found.ok(text);
    else {
      found.problem(
        `${text}, and may need ${needed} for ${cameras} cameras`,
        `systemctl edit sapiengraph-cctv, write [Service] and ${option}=${needed}, and restart it`,
      );
    }
  };
  const files = Math.max(least.fileDescriptors, cameras * perCamera.fileDescriptors);
  const processes = Math.max(least.processes, cameras * perCamera.processes);
  judge('open files', soft('Max open files'), files, 'LimitNOFILE');
  judge('processes', soft('Max processes'), processes, 'LimitNPROC');
  const tasks = tasksMax(pid);
  if (tasks !== undefined) judge('tasks', tasks, processes, 'TasksMax');
  try {
    found.ok(`It has ${readdirSync(`/proc/${pid}/fd`).length} files open`);
  } catch {
    found.unseen('How many files the daemon has open', 'Run it with sudo');
  }
}

/** The limit of the process's control group. */
function tasksMax(pid: number): number | undefined {
  for (const line of read(`/proc/${pid}/cgroup`)?.split('\n') ?? []) {
    const [, controllers, path] = line.split(':');
    const root = controllers === '' ? '/sys/fs/cgroup' : '/sys/fs/cgroup/pids';
    if (controllers !== '' && controllers !== 'pids') continue;
    const max = read(`${root}${path}/pids.max`);
    if (max !== undefined) return max === 'max' ? Infinity : Number(max);
  }
  return undefined;
}
