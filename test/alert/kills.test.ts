import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { StubCarrier } from './stub-carrier.ts';

const program = join(import.meta.dirname, 'outbox-process.ts');

const steps = [
  'decided',
  'written down, not sent',
  'sent, not answered',
  'answered, not written down',
  'done',
];

/** What becomes of an alert whose daemon is killed at a step, and started again. */
async function arrivals(skill: StubCarrier['skill'], step: string): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'cctv-kills-'));
  await using carrier = await new StubCarrier().open();
  carrier.skill = skill;
  const file = join(directory, 'ledger.sqlite');
  const run = (at: string) =>
    execa(process.execPath, [program, file, carrier.url, skill, at], {
      reject: false,
      timeout: 90_000,
    });
  try {
    const killed = await run(step);
    assert.equal(killed.signal, 'SIGKILL', `${step}: ${killed.stderr}`);
    const again = await run('');
    assert.equal(again.exitCode, 0, again.stderr);
    return carrier.received.length;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('an alert whose daemon is killed', { concurrency: 2 }, () => {
  for (const skill of ['knows ids', 'can be asked', 'reports'] as const) {
    for (const step of steps) {
      it(`arrives once by a carrier that ${skill}: ${step}`, async () => {
        assert.equal(await arrivals(skill, step), 1);
      });
    }
  }

  it('arrives all the same by a carrier that can tell nothing, at worst twice', async () => {
    assert.equal(await arrivals('none', 'written down, not sent'), 1);
    assert.equal(await arrivals('none', 'answered, not written down'), 2);
  });
});
