import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';

const program = join(import.meta.dirname, '../faults/faults.ts');

describe('a fault run', { timeout: 520_000 }, () => {
  it('finds each picture in the bucket once, or in a gap that a fault explains', async (t) => {
    const args = ['--faults', '25', '--seed', '29', '--cameras', '4', '--every', '1.5'];
    const { all, exitCode } = await execa(process.execPath, [program, ...args], {
      all: true,
      reject: false,
      timeout: 480_000,
      forceKillAfterDelay: 30_000,
    });
    t.diagnostic(all);
    assert.equal(exitCode, 0, all);
    for (const words of ['missing, no gap', 'stored more than once', 'unproven deletions']) {
      assert.match(all, new RegExp(`${words} +0$`, 'm'));
    }
  });
});
