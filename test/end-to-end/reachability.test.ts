import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import type { Reachable } from './reachability-inside.ts';

const inside = join(import.meta.dirname, 'reachability-inside.ts');

describe('from another address than loopback', () => {
  it('only the tunnel port answers: no relay, no loopback port, no control socket', async () => {
    // A network namespace of the test's own, with a second interface.
    const unshare = process.getuid?.() === 0 ? ['--net'] : ['--map-root-user', '--net'];
    const setUp =
      'ip link set lo up && ip link add shop0 type bridge && ip address add 10.99.0.1/24 dev shop0' +
      ' && ip link set shop0 up && exec "$0" "$1"';
    const { stdout } = await execa(
      'unshare',
      [...unshare, '--', 'sh', '-c', setUp, process.execPath, inside],
      { timeout: 90_000, stderr: 'inherit' },
    );
    const found = JSON.parse(stdout.split('\n').at(-1) ?? '') as Reachable;
    assert.ok(found.onLoopback.length >= 4, 'tunnel, loopback port, relay and store listen');
    assert.ok(found.onLoopback.includes(found.relayPort));
    assert.deepEqual(found.fromOutside, [found.tunnelPort]);
    assert.deepEqual(found.udpOutside, []);
    assert.equal(found.socketMode, '660');
  });
});
