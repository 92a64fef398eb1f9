import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { background } from '../../src/lib/background.ts';
import type { Random } from '../faults/random.ts';
import type { SiteCamera } from '../support/site.ts';

/** How cameras go. */
const ways = ['hangs up', 'is killed', 'is stopped', 'comes back'] as const;
export type Way = (typeof ways)[number];

const stoppedMs = 15_000;
const goneWithinMs = 5_000;

/** Seconds: from, to. */
const firstDial = [0, 30] as const;
const stay = [20, 90] as const;
const away = [1, 45] as const;

export interface ChurnOptions {
  readonly cameras: readonly SiteCamera[];
  readonly random: Random;
  readonly onWay: (way: Way) => void;
}

/** Lets cameras come and go until it is disposed of; then all are gone. */
export function startChurn({ cameras, random, onWay }: ChurnOptions): AsyncDisposable {
  return background(async (signal) => {
    const seconds = ([from, to]: readonly [number, number]): Promise<unknown> =>
      delay(random.between(from, to) * 1_000, undefined, { signal }).catch(() => {});
    const comeAndGo = async (camera: SiteCamera): Promise<void> => {
      await seconds(firstDial);
      while (!signal.aborted) {
        const client = camera.dial();
        const gone = once(client, 'exit');
        await Promise.race([seconds(stay), gone]);
        const way = random.of(ways);
        if (!signal.aborted) {
          onWay(way);
          await go(client, way, signal);
        }
        if (signal.aborted) client.kill('SIGKILL');
        await ended(client, gone);
        if (way !== 'comes back') await seconds(away);
      }
    };
    await Promise.all(cameras.map(comeAndGo));
  });
}

async function go(client: ChildProcess, way: Way, signal: AbortSignal): Promise<void> {
  switch (way) {
    case 'hangs up':
    case 'comes back':
      client.kill('SIGTERM');
      return;
    case 'is killed':
      client.kill('SIGKILL');
      return;
    case 'is stopped':
      client.kill('SIGSTOP');
      await delay(stoppedMs, undefined, { signal }).catch(() => {});
      client.kill('SIGCONT');
      // Whether its tunnel is still there, it shall find out by itself.
      await delay(stoppedMs, undefined, { signal }).catch(() => {});
      client.kill('SIGTERM');
  }
}

async function ended(client: ChildProcess, gone: Promise<unknown>): Promise<void> {
  const timer = setTimeout(() => client.kill('SIGKILL'), goneWithinMs);
  await gone;
  clearTimeout(timer);
}
