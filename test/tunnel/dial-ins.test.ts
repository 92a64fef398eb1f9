import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DialIns } from '../../src/tunnel/dial-ins.ts';
import { eventually } from '../support/until.ts';
import { Rig } from './rig.ts';
import { Stranger } from './stranger.ts';

describe('the dial-ins of a camera', () => {
  it('wait when they are too many, the newest alone, and those of other cameras do not', async () => {
    using dialIns = new DialIns([{ burst: 2, everyMs: 50 }]);
    const told: string[] = [];
    const enter = (camera: string, name: string): number =>
      dialIns.enter(
        camera,
        () => told.push(`${name} begins`),
        () => told.push(`${name} gives up`),
      );
    assert.deepEqual([enter('a', '1'), enter('a', '2')], [0, 0]);
    const waitMs = enter('a', '3');
    assert.ok(waitMs > 0 && waitMs <= 50, String(waitMs));
    assert.ok(enter('a', '4') > 0);
    assert.equal(enter('b', '5'), 0);
    assert.deepEqual(told, ['1 begins', '2 begins', '3 gives up', '5 begins']);
    await eventually('its turn', 5_000, () => told.at(-1) === '4 begins');
  });

  it('become tunnels one after the other, with one line in the log', async () => {
    await using rig = await Rig.start({ dialIns: [{ burst: 3, everyMs: 2_000 }] });
    const privateKey = await rig.openSshKey('bach/door');
    await using stack = new AsyncDisposableStack();
    const began = performance.now();
    const last = 12;
    for (let count = 0; count < last; count += 1) {
      const stranger = stack.use(new Stranger({ port: rig.port, logIn: true, privateKey }));
      await eventually('a log-in, or the wait for one', 10_000, () => {
        const waits = rig.log.complaints(/dials in again and again, and must wait/).length > 0;
        return rig.tunnels.length > count || waits || stranger.socket.closed;
      });
    }
    const most = 3 + Math.ceil((performance.now() - began) / 2_000);
    assert.ok(rig.tunnels.length >= 3 && rig.tunnels.length <= most, String(rig.tunnels.length));
    await eventually('the tunnel of the last', 20_000, () =>
      rig.tunnels.some(({ closed }) => !closed.aborted && rig.tunnels.length > 3),
    );
    assert.equal(rig.log.complaints(/dials in again/).length, 1);
  });
});
