import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CopiedKeys } from '../../src/tunnel/copied-keys.ts';
import { eventually } from '../support/until.ts';
import { type Dialled, Rig } from './rig.ts';

/** The take-overs of one key: each address takes over from the one before it. */
function takeOvers(addresses: string, everyMs = 1000) {
  let nowMs = 1_000_000;
  const keys = new CopiedKeys(() => nowMs);
  const found = addresses.split(' ').map((to, index, all) => {
    const from = all[index - 1];
    nowMs += everyMs;
    return from === undefined ? undefined : keys.takeOver('SHA256:1', from, to);
  });
  return { keys, warnings: found.filter((one) => one !== undefined) };
}

describe('a key is taken for copied', () => {
  it('when two addresses take turns, once in an episode, and names both', () => {
    const { keys, warnings } = takeOvers('192.0.2.1 198.51.100.7 192.0.2.1 198.51.100.7 192.0.2.1');
    assert.equal(warnings.length, 1);
    assert.deepEqual(warnings[0]?.addresses.toSorted(), ['192.0.2.1', '198.51.100.7']);
    assert.equal(keys.find('SHA256:1')?.lastMs, 1_005_000);
    assert.equal(keys.find('SHA256:2'), undefined);
  });

  it('when three do', () => {
    assert.equal(takeOvers('192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.1 192.0.2.2').warnings.length, 1);
  });

  it('again after ten quiet minutes', () => {
    let nowMs = 0;
    const keys = new CopiedKeys(() => nowMs);
    const turns = (): number => {
      let warnings = 0;
      for (const [from, to] of ['ab', 'ba', 'ab', 'ba'] as const) {
        nowMs += 30_000;
        const address = (letter = ''): string => `192.0.2.${letter.charCodeAt(0)}`;
        if (keys.takeOver('SHA256:1', address(from), address(to)) !== undefined) warnings += 1;
      }
      return warnings;
    };
    assert.equal(turns(), 1);
    assert.equal(turns(), 0);
    nowMs += 600_000;
    assert.equal(turns(), 1);
  });

  it('not when a camera moves, moves and returns, or gets a new address each time', () => {
    for (const addresses of [
      '192.0.2.1 198.51.100.7',
      '192.0.2.1 198.51.100.7 192.0.2.1',
      '192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5',
      '2001:db8::1 2001:db8::2 2001:db8::1 2001:db8::2 2001:db8::1',
    ]) {
      assert.deepEqual(takeOvers(addresses).warnings, [], addresses);
    }
    assert.deepEqual(takeOvers('192.0.2.1 192.0.2.2 192.0.2.1 192.0.2.2', 400_000).warnings, []);
  });
});

describe('two dbclients with one key', () => {
  it('at two addresses raise one warning that names both; one that moves raises none', async () => {
    await using rig = await Rig.start();
    const key = rig.enrolled('bach/door');
    const clients: Dialled[] = [];
    const dialFrom = async (address: string): Promise<void> => {
      const before = rig.tunnels.length;
      clients.push(rig.dial({ key, user: 'bach.door', options: ['-N', '-b', address] }));
      const tunnel = await eventually('its tunnel', 10_000, () => rig.tunnels[before]);
      assert.equal(tunnel.remoteAddress, address);
    };
    const { fingerprint } = key.publicKey;
    await dialFrom('127.0.0.2');
    await dialFrom('127.0.0.3');
    await dialFrom('127.0.0.2');
    assert.equal(rig.log.complaints(/copied/).length, 0);
    assert.equal(rig.server.copiedKey(fingerprint), undefined);
    for (const address of ['127.0.0.3', '127.0.0.2', '127.0.0.3']) await dialFrom(address);
    const warnings = rig.log.complaints(/key was copied/);
    assert.equal(warnings.length, 1);
    assert.equal(warnings[0]?.fields['camera'], 'bach/door');
    assert.deepEqual((warnings[0].fields['addresses'] as string[]).toSorted(), [
      '127.0.0.2',
      '127.0.0.3',
    ]);
    assert.deepEqual(rig.server.copiedKey(fingerprint)?.addresses.toSorted(), [
      '127.0.0.2',
      '127.0.0.3',
    ]);
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  });

  it('of which one is long silent: no warning', async () => {
    await using rig = await Rig.start({ keepaliveMs: 150 });
    const key = rig.enrolled('bach/door');
    for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.2', '127.0.0.3', '127.0.0.2']) {
      const before = rig.tunnels.length;
      const client = rig.dial({ key, user: 'bach.door', options: ['-N', '-b', address] });
      await eventually('its tunnel', 10_000, () => rig.tunnels[before]);
      // Its line is cut: it is still there, and nothing comes.
      process.kill(client.pid, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 400));
      await using _gone = client;
    }
    assert.deepEqual(rig.log.complaints(/copied/), []);
  });
});
