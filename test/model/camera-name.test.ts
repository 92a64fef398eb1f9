import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLabel, parseCameraName } from '../../src/model/camera-name.ts';

describe('names', () => {
  it('of accounts and cameras are DNS labels', () => {
    for (const good of ['a', 'bach', 'front-door', 'camera-1', '7', 'a'.repeat(63)]) {
      assert.ok(isLabel(good), good);
    }
    for (const bad of [
      '',
      '-a',
      'a-',
      'A',
      'ä',
      'a.b',
      'a/b',
      '..',
      'a b',
      'a\n',
      'a'.repeat(64),
    ]) {
      assert.ok(!isLabel(bad), bad);
    }
  });

  it('of cameras are written account/camera', () => {
    assert.deepEqual(parseCameraName('bach/front-door'), { account: 'bach', camera: 'front-door' });
    for (const bad of ['bach', 'bach/', '/x', 'a/b/c', '../etc', 'a/..']) {
      assert.equal(parseCameraName(bad), undefined, bad);
    }
  });
});
