import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FreshMachine } from './machine.ts';

const withinMs = 80 * 60_000;

describe('bin/test on a bare Debian 13', () => {
  it('passes', { timeout: withinMs + 60_000 }, async (test) => {
    await using machine = await FreshMachine.make({ suite: 'trixie' });
    await using command = machine.start('root', ['bin/test']);
    const code = await command.ended(withinMs);
    const log = join(tmpdir(), 'cctv-bare.log');
    await writeFile(log, `${command.lines.join('\n')}\n`);
    const failures = command.lines.filter((line) => /^\s*(✖|ℹ (pass|fail))/.test(line));
    assert.equal(code, 0, [...failures, `All that it said is in ${log}.`].join('\n'));
    test.diagnostic(`${command.seconds.toFixed(0)} s`);
  });
});
