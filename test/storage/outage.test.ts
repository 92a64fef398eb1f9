import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/lib/clock.ts';
import { Outage } from '../../src/storage/outage.ts';
import {} from '../support/segments.ts';
import { KeptLog } from '../support/kept-log.ts';

const trouble = { words: 'it is slow', needsOperator: false, tooMuch: true, ofObject: false };

function bench() {
  const log = new KeptLog();
  let now = 0;
  const clock = { ...systemClock, now: () => now, wallNow: () => now };
  const probe = { minMs: 1_000, maxMs: 60_000 };
  const outage = new Outage({ concurrency: 16, clock, log, probe, waiting: () => 7 });
  const pass = (ms: number) => void (now += ms);
  return { outage, log, pass };
}

describe('an outage of the store', () => {
  it('is told at its beginning, every few minutes, and at its end', () => {
    const { outage, log, pass } = bench();
    for (let minute = 0; minute < 12; minute += 1) {
      for (let time = 0; time < 20; time += 1) {
        outage.failed(trouble, outage.attempt(), 'one');
        pass(3_000);
      }
    }
    outage.succeeded();
    const lines = log.lines.filter(({ level }) => level !== 'debug');
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['warn', 'error', 'error', 'info'],
    );
    assert.equal(lines.at(-1)?.fields['waiting'], 7);
  });

  it('allows one probe at a time, ever more seldom', () => {
    const { outage, pass } = bench();
    for (let time = 0; time < 3; time += 1) outage.failed(trouble, outage.attempt(), 'one');
    const waits: number[] = [];
    for (let time = 0; time < 10; time += 1) {
      let waited = 0;
      for (; outage.allowed(false, 0) === 0; waited += 100) pass(100);
      assert.equal(outage.allowed(true, 1), 0);
      waits.push(waited);
      outage.failed(trouble, outage.attempt(), 'one');
    }
    for (const [index, waited] of waits.entries()) {
      const ceiling = Math.min(60_000, 1_000 * 2 ** index);
      assert.ok(waited >= ceiling / 2 && waited <= ceiling + 100, `${index}: ${waited} ms`);
    }
  });

  it('is one failure of all that was under way, and ends in half as many at once', () => {
    const { outage } = bench();
    const attempts = Array.from({ length: 16 }, () => outage.attempt());
    for (const attempt of attempts) outage.failed(trouble, attempt, 'one');
    for (const allowed of [2, 4, 8, 8]) {
      outage.succeeded();
      assert.equal(outage.allowed(false, 0), allowed);
    }
    for (let time = 0; time < 1_000; time += 1) outage.succeeded();
    assert.equal(outage.allowed(false, 0), 16);
  });
});
