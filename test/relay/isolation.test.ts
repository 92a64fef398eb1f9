import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import type { Answering } from './isolation-inside.ts';

const inside = join(import.meta.dirname, 'isolation-inside.ts');

/** Runs a script in a network namespace of its own, with the address 10.99.0.1 beside loopback. */
async function inNamespace(script: string): Promise<Answering> {
  const unshare = process.getuid?.() === 0 ? ['--net'] : ['--map-root-user', '--net'];
  const setUp =
    // Not every kernel has dummy interfaces; a bridge without members does as well.
    'ip link set lo up && ip link add shop0 type bridge && ip address add 10.99.0.1/24 dev shop0' +
    ' && ip link set shop0 up && exec "$0" "$1"';
  const { stdout } = await execa(
    'unshare',
    [...unshare, '--', 'sh', '-c', setUp, process.execPath, script],
    { timeout: 60_000, stderr: 'inherit' },
  );
  return JSON.parse(stdout) as Answering;
}

describe('from another address than loopback', () => {
  it('nothing of a relay answers, though it would without our library', async () => {
    const { relayPort, ours, bare } = await inNamespace(inside);
    assert.deepEqual(ours.outside, []);
    assert.deepEqual(ours.loopback, [relayPort]);
    assert.equal(bare.outside.length, 2, 'its own port and one for RTSP over HTTP');
  });
});
