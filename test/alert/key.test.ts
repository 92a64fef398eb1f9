import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadAlertKey } from '../../src/alert/key.ts';

describe('the key of alerts', () => {
  let directory: string;
  before(async () => (directory = await mkdtemp(join(tmpdir(), 'cctv-key-'))));
  after(() => rm(directory, { recursive: true, force: true }));

  it('is made once, for nobody else to read, and stays', async () => {
    const file = join(directory, 'keys', 'alerts');
    const both = await Promise.all([loadAlertKey(file), loadAlertKey(file)]);
    assert.equal(both[0].length, 32);
    assert.deepEqual(both[0], both[1]);
    assert.deepEqual(await loadAlertKey(file), both[0]);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(join(directory, 'keys')), ['alerts']);
    assert.notDeepEqual(await loadAlertKey(join(directory, 'other')), both[0]);
  });

  it('is not used when it is damaged, open to others, or out of reach', async () => {
    const file = join(directory, 'damaged');
    await writeFile(file, 'abc\n', { mode: 0o600 });
    await assert.rejects(loadAlertKey(file), /^OperatorError: the key of alerts .* is damaged/);
    await writeFile(file, `${'ab'.repeat(32)}\n`);
    await chmod(file, 0o644);
    await assert.rejects(loadAlertKey(file), /mode 644\); forbid it with "chmod 600/);
    await assert.rejects(loadAlertKey(join(file, 'below')), /can't be read or made .*ENOTDIR/);
  });
});
