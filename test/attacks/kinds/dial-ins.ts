import { setTimeout as delay } from 'node:timers/promises';
import type { Attack } from '../attack.ts';
import { logIn } from './camera-messages.ts';

const everyMs = 50;

/** One key that dials in and asks for its forward twenty times a second. */
export const dialIns: Attack = {
  name: 'camera dials in 20 times a second',
  by: 'camera',
  unit: 'dial-ins',
  async run({ target, signal, count }) {
    const running = new Set<Promise<void>>();
    while (!signal.aborted) {
      const task = dial(target).finally(() => running.delete(task));
      running.add(task);
      count();
      await delay(everyMs);
    }
    await Promise.all(running);
  },
};

async function dial(target: Parameters<typeof logIn>[0]): Promise<void> {
  const stranger = await logIn(target, 0).catch(() => undefined);
  if (stranger === undefined) return;
  await using _camera = stranger;
  stranger.client.forwardIn('127.0.0.1', 554, () => {});
  await delay(40);
}
