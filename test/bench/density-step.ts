import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Site } from '../support/site.ts';
import { treeOf, treesCpuMs } from './chain-cost.ts';
import { costOf, shareOfMemoryKib } from './cost.ts';
import type { Crowd } from './density-crowd.ts';
import { Metrics } from './density-metrics.ts';
import { median } from './report.ts';

/** What a number of cameras costs. CPU is in percent of one core, memory in MiB. */
export interface Step {
  readonly cameras: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly daemonCpu: number;
  readonly daemonMib: number;
  /** The relays and archivers. */
  readonly childrenCpu: number;
  readonly childrenMib: number;
  /** Of the event loop, beyond what its timer takes. */
  readonly loop: { readonly p99Ms: number; readonly maxMs: number };
  readonly logInMs: number;
  /** What would be on other machines: cameras, their dbclients, the S3 server and the measuring. */
  readonly othersCpu: number;
  /** Of all cores, whoever used them: 100 is all of them. */
  readonly machineBusy: number;
  readonly recording: number;
  readonly restarts: number;
}

export interface Scene {
  readonly site: Site;
  readonly crowd: Crowd;
  /** Roots of the processes that would be on other machines, beside the dbclients and this one. */
  readonly otherRoots: readonly number[];
}

const logIns = 5;

/** Used and all time of all cores, in ms. */
function machineMs(): { readonly used: number; readonly all: number } {
  const times = cpus().map((core) => core.times);
  const all = times.flatMap((time) => Object.values(time)).reduce((sum, ms) => sum + ms, 0);
  return { used: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
}

const ownCpuMs = (pids: readonly number[]): number => costOf(pids).cpuMs;

function clocks({ site, crowd, otherRoots }: Scene) {
  const daemon = ownCpuMs([site.daemonPid]);
  const here = process.cpuUsage();
  return {
    at: performance.now(),
    daemon,
    children: treesCpuMs([site.daemonPid]) - daemon,
    others: treesCpuMs(otherRoots) + ownCpuMs(crowd.clientPids) + (here.user + here.system) / 1_000,
    machine: machineMs(),
  };
}

/** Watches cameras that are being recorded for a while. `probe` is one that is enrolled and does not record. */
export async function measureStep(
  scene: Scene,
  cameras: number,
  measuredMs: number,
  probe: string,
): Promise<Step> {
  const { site, crowd } = scene;
  const metricsBefore = await Metrics.of(site);
  const fromMs = Date.now();
  const before = clocks(scene);
  const took: number[] = [];
  for (let i = 1; i <= logIns; i += 1) {
    const due = before.at + (measuredMs * i) / (logIns + 1);
    await delay(Math.max(0, due - performance.now()));
    took.push(await crowd.logInMs(probe));
  }
  await delay(Math.max(0, before.at + measuredMs - performance.now()));
  const after = clocks(scene);
  const toMs = Date.now();
  const metrics = await Metrics.of(site);
  const percent = (of: 'daemon' | 'children' | 'others'): number =>
    ((after[of] - before[of]) / (after.at - before.at)) * 100;
  const children = treeOf(site.daemonPid).filter((pid) => pid !== site.daemonPid);
  const restarts = (of: Metrics): number => of.sum('cctv_camera_restarts_total');
  return {
    cameras,
    fromMs,
    toMs,
    daemonCpu: percent('daemon'),
    daemonMib: shareOfMemoryKib([site.daemonPid]) / 1024,
    childrenCpu: percent('children'),
    childrenMib: shareOfMemoryKib(children) / 1024,
    loop: metrics.loop,
    logInMs: median(took),
    othersCpu: percent('others'),
    machineBusy:
      ((after.machine.used - before.machine.used) / (after.machine.all - before.machine.all)) * 100,
    recording: metrics.get('cctv_cameras{state="recording"}'),
    restarts: restarts(metrics) - restarts(metricsBefore),
  };
}
