import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Load } from '../../src/monitor/load.ts';

const startMs = 1_800_000_000_000;

function rig() {
  let nowMs = 0;
  const load = new Load({
    now: () => nowMs,
    wallNow: () => startMs + nowMs,
    sleep: async () => {},
  });
  return {
    load,
    /** So many seconds of the same load. */
    run: (seconds: number, lateMs: number, busyShare: number) => {
      for (let beat = 0; beat < 2 * seconds; beat += 1) {
        nowMs += 500;
        load.take({ lateMs, busyShare });
      }
    },
    pass: (seconds: number) => (nowMs += seconds * 1_000),
  };
}

describe('the load of this server', () => {
  it('is too much when what arrives waits for seconds on end, and says so until all is calm', () => {
    const { load, run } = rig();
    run(20, 20, 0.5);
    assert.equal(load.trouble, undefined);
    run(12, 400, 0.7);
    assert.match(load.trouble ?? '', /can not keep up: what arrives waits 400 ms/);
    run(12, 150, 0.7);
    assert.ok(load.isOverloaded);
    run(12, 20, 0.7);
    assert.equal(load.trouble, undefined);
  });

  it('is too much when there is work all the time, and not for a moment of it', () => {
    const { load, run } = rig();
    run(20, 20, 0.5);
    run(3, 20, 1);
    assert.ok(!load.isOverloaded);
    run(10, 20, 1);
    assert.match(load.trouble ?? '', /busy 100 % of the time/);
  });

  it('is not judged in the first seconds, in which everything starts', () => {
    const { load, run } = rig();
    run(9, 2_000, 1);
    assert.ok(!load.isOverloaded);
  });

  it('explains what fails then and shortly after, and nothing later', () => {
    const { load, run, pass } = rig();
    run(20, 20, 0.5);
    assert.equal(load.lately(), undefined);
    run(12, 400, 0.7);
    run(15, 0, 0.2);
    assert.equal(load.lately()?.cause, 'server overloaded');
    pass(20);
    assert.equal(load.lately(), undefined);
    assert.equal(load.between(startMs + 25_000, startMs + 26_000)?.cause, 'server overloaded');
    assert.equal(load.between(startMs, startMs + 10_000), undefined);
  });

  it('names a standstill, and is no overload because of it', () => {
    const { load, run, pass } = rig();
    run(20, 20, 0.5);
    pass(45);
    load.stoodStill({
      startMs: startMs + 20_000,
      durationMs: 45_000,
      detail: 'suspended for 45 s',
    });
    const told = load.lately();
    assert.equal(told?.cause, 'server stood still');
    assert.equal(told?.detail, 'suspended for 45 s');
    run(5, 20, 0.5);
    assert.ok(!load.isOverloaded);
  });
});
