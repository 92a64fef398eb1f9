import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { execa } from 'execa';

const unit = join(import.meta.dirname, '../../systemd/sapiengraph-cctv.service');

it('the unit’s sandbox leaves an exposure of at most 1.5 of 10', async () => {
  const { all, exitCode } = await execa(
    'systemd-analyze',
    ['security', '--offline=true', '--threshold=15', '--no-pager', unit],
    { all: true, reject: false },
  );
  assert.equal(exitCode, 0, all);
});

it('the unit has nothing in it that systemd does not know', async () => {
  const { all } = await execa('systemd-analyze', ['verify', '--man=no', unit], {
    all: true,
    reject: false,
  });
  assert.doesNotMatch(all, /sapiengraph-cctv\.service:\d+: /);
});
