import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inNamespace } from '../support/namespace.ts';
import type { Reachable } from './reachability-inside.ts';

const inside = join(import.meta.dirname, 'reachability-inside.ts');

describe('from another address than loopback', () => {
  it('only the tunnel port answers: no relay, no loopback port, no control socket', async () => {
    const found = (await inNamespace(inside)) as Reachable;
    assert.ok(found.onLoopback.length >= 4, 'tunnel, loopback port, relay and store listen');
    assert.ok(found.onLoopback.includes(found.relayPort));
    assert.deepEqual(found.fromOutside, [found.tunnelPort]);
    assert.deepEqual(found.udpOutside, []);
    assert.equal(found.socketMode, '660');
  });
});
