import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/until.ts';
import type { Player } from './player.ts';
import { password, Rig } from './rig.ts';

const url = 'rtsp://bach.cctv.example/front';

describe('a viewer who does not read', () => {
  it('costs a bounded amount of memory and is sent away, and twenty others lose no picture', async () => {
    await using rig = await Rig.start({ patience: { maxBufferedBytes: 400_000 } });
    // Much of it: the kernel has megabytes of buffers for each connection.
    await rig.addCamera('bach/front', { width: 640, height: 360, bitsPerSecond: 8_000_000 });
    const watch = async (): Promise<Player> => {
      const player = (await rig.player()).login('bach', password);
      assert.equal((await player.watch(url)).status, 200);
      return player;
    };
    const good = await Promise.all(Array.from({ length: 20 }, watch));
    const never = await watch();
    never.socket.pause();
    const trickle = await watch();
    trickle.socket.pause();
    const drip = setInterval(() => trickle.socket.read(1), 1_000);
    try {
      const before = good.map(({ pictures }) => pictures);
      const sent = (): string[] => rig.logged('viewer left').map((line) => String(line['reason']));
      await eventually('the end of both', 40_000, () => sent().length === 2);
      for (const reason of sent()) assert.match(reason, /reads too slowly|reads nothing/);
      await delay(1_000);
      const counts = good.map(({ pictures }, index) => pictures - (before[index] ?? 0));
      assert.deepEqual(
        good.map(({ lost }) => lost),
        good.map(() => 0),
      );
      assert.ok(Math.min(...counts) > 30, counts.join());
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 3, counts.join());
      assert.equal(rig.gateway.viewers().length, 20);
    } finally {
      clearInterval(drip);
      for (const player of [...good, never, trickle]) player[Symbol.dispose]();
    }
  });
});
