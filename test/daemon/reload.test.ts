import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { differences } from '../../src/daemon/reload.ts';

describe('the differences of two configurations', () => {
  it('are named as options are, without what is not in the file and the keys of the bucket', () => {
    const before = {
      file: '/a',
      warnings: [],
      bucket: { name: 'a', credentials: { accessKeyId: 'x' } },
      gateway: { listen: { host: 'a', port: 1 }, maxViewers: 5 },
      processors: [{ name: 'a', command: ['b'] }],
    };
    const after = {
      file: '/b',
      warnings: ['w'],
      bucket: { name: 'b', credentials: { accessKeyId: 'y' } },
      gateway: { listen: { host: 'a', port: 2 }, maxViewers: 6 },
      processors: [{ name: 'a', command: ['c'] }],
      metrics: { listen: { host: 'a', port: 3 } },
    };
    assert.deepEqual(differences(before, before), []);
    assert.deepEqual(differences(before, after), [
      'bucket.name',
      'gateway.listen.port',
      'gateway.maxViewers',
      'processors',
      'metrics',
    ]);
  });
});
