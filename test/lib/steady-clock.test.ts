import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SteadyClock } from '../../src/lib/steady-clock.ts';

/** A steady clock, and the machine's clock beneath it that a test sets. */
function rig() {
  const at = { ms: 0, wallMs: 1_800_000_000_000 };
  const steady = new SteadyClock({
    now: () => at.ms,
    wallNow: () => at.wallMs + at.ms,
    sleep: async () => {},
  });
  /** How far the steady clock is from the machine's, and how long its longest and shortest second are. */
  const run = (seconds: number) => {
    const lengths: number[] = [];
    for (let n = 0; n < seconds; n += 1) {
      const before = steady.wallNow();
      at.ms += 1_000;
      lengths.push(steady.wallNow() - before);
    }
    return {
      offMs: Math.round(at.wallMs + at.ms - steady.wallNow()),
      shortest: Math.min(...lengths),
      longest: Math.max(...lengths),
    };
  };
  return { at, steady, run };
}

describe('a steady clock', () => {
  it('follows a small step slowly, forward and back', () => {
    for (const stepMs of [1_500, -1_500]) {
      const { at, run } = rig();
      at.wallMs += stepMs;
      const { shortest, longest } = run(10);
      assert.ok(shortest >= 950 && longest <= 1_050, `${shortest} ${longest}`);
      assert.equal(run(25).offMs, 0);
    }
  });

  it('has no error left of many small steps over a long time', () => {
    const { at, run } = rig();
    for (let n = 0; n < 15; n += 1) {
      at.wallMs += 1_000;
      run(60);
    }
    assert.equal(run(1).offMs, 0);
  });

  it('does not follow a large step, and tells it', () => {
    const { at, steady, run } = rig();
    at.wallMs += 3_600_000;
    assert.equal(run(60).offMs, 3_600_000);
    assert.equal(steady.behindMs, 3_600_000);
  });
});
