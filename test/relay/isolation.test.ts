import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inNamespace } from '../support/namespace.ts';
import type { Answering } from './isolation-inside.ts';

const inside = join(import.meta.dirname, 'isolation-inside.ts');

describe('from another address than loopback', () => {
  it('nothing of a relay answers, though it would without our library', async () => {
    const { relayPort, ours, bare } = (await inNamespace(inside)) as Answering;
    assert.deepEqual(ours.outside, []);
    assert.deepEqual(ours.loopback, [relayPort]);
    assert.equal(bare.outside.length, 2, 'its own port and one for RTSP over HTTP');
  });
});
