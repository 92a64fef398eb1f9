import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FreshMachine } from './machine.ts';

const withinMs = 80 * 60_000;

describe('bin/test on a bare Debian 13', () => {
  it('passes', { timeout: withinMs + 60_000 }, async (test) => {
    await using machine = await FreshMachine.make({ suite: 'trixie' });
    await using command = machine.start('root', ['bin/test']);
    const code = await command.ended(withinMs);
    const failures = command.lines.filter((line) => /^\s*(✖|# fail|ℹ (pass|fail))/.test(line));
    assert.equal(code, 0, [...failures, ...command.lines.slice(-40)].join('\n'));
    test.diagnostic(`${command.seconds.toFixed(0)} s`);
  });
});
