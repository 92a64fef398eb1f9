import { setTimeout as delay } from 'node:timers/promises';
import { Site } from '../support/site.ts';
import { eventually } from '../support/until.ts';
import { costOf, shareOfMemoryKib } from './cost.ts';
import { Crowd } from './density-crowd.ts';
import { Metrics } from './density-metrics.ts';

export interface IdleTunnels {
  readonly tunnels: number;
  /** Of the daemon, that each adds; what the kernel keeps for its sockets is not in it. */
  readonly kibEach: number;
  /** Of one core; sent and answered keep-alives are all that goes on. */
  readonly cpu: number;
  /** The same daemon without a tunnel. */
  readonly cpuWithout: number;
  readonly loopP99Ms: number;
  /** From the first dial-in to the last tunnel. */
  readonly upMs: number;
}

const dialEveryMs = 15;

/** A daemon of its own with many tunnels and no pictures. */
export async function measureIdleTunnels(
  program: string,
  tunnels: number,
  measuredMs: number,
): Promise<IdleTunnels> {
  await using site = await Site.start({
    program,
    config: {
      metrics: { listen: '127.0.0.1:0' },
      log: { format: 'json', level: 'info' },
      tunnel: { listen: '127.0.0.1:0', maxUnauthenticatedPerAddress: 200 },
    },
  });
  await using crowd = await Crowd.of(site);
  const names = Array.from({ length: tunnels }, (_, i) => `idle-${i}`);
  for (const name of names) await crowd.enrol(name);
  const settle = 3_000;
  await delay(settle);
  const memory = (): number => shareOfMemoryKib([site.daemonPid]);
  const cpuOver = async (ms: number): Promise<number> => {
    const [before, from] = [costOf([site.daemonPid]).cpuMs, performance.now()];
    await delay(ms);
    const used = costOf([site.daemonPid]).cpuMs - before;
    return (used / (performance.now() - from)) * 100;
  };
  const cpuWithout = await cpuOver(measuredMs / 2);
  const memoryWithout = memory();
  const from = performance.now();
  for (const name of names) {
    crowd.dial(name);
    await delay(dialEveryMs);
  }
  await eventually(`${tunnels} tunnels`, 60_000, async () => {
    await delay(200);
    return (await Metrics.of(site)).get('cctv_tunnels') === tunnels;
  });
  const upMs = performance.now() - from;
  await delay(settle);
  await Metrics.of(site);
  const cpu = await cpuOver(measuredMs);
  const { loop } = await Metrics.of(site);
  const kibEach = (memory() - memoryWithout) / tunnels;
  return { tunnels, kibEach, cpu, cpuWithout, loopP99Ms: loop.p99Ms, upMs };
}
