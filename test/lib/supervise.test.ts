import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { supervise } from '../../src/lib/supervise.ts';
import { aborted } from '../../src/lib/until.ts';

function bench(runsMs: readonly number[], healthyRun?: number) {
  const life = new AbortController();
  const waits: number[] = [];
  const warnings: string[] = [];
  let now = 0;
  const clock = {
    ...systemClock,
    now: () => now,
    sleep: async (ms: number) => {
      waits.push(ms);
      if (waits.length === runsMs.length) life.abort();
    },
  };
  const log = {
    ...silentLog,
    warn: (_: string, fields?: object) => {
      warnings.push(String((fields as { cause: unknown }).cause));
    },
  };
  const restart = { minMs: 100, maxMs: 1_000, healthyAfterMs: 5_000 };
  let run = 0;
  const done = supervise(
    'thing',
    async (_, wasHealthy) => {
      if (run === healthyRun) wasHealthy();
      now += runsMs[run++] ?? 0;
      throw new Error('broke', { cause: new Error('rust') });
    },
    { signal: life.signal, clock, log, restart },
  );
  return { done, waits, warnings };
}

const inside = (ms: number | undefined, ceiling: number): void =>
  assert.ok(ms !== undefined && ms >= ceiling / 2 && ms <= ceiling, `${ms} of ${ceiling}`);

describe('a supervised task', () => {
  it('waits twice as long after each failure, up to a limit, with jitter', async () => {
    const { done, waits } = bench([0, 0, 0, 0, 0, 0]);
    await done;
    for (const [i, ceiling] of [100, 200, 400, 800, 1_000, 1_000].entries()) {
      inside(waits[i], ceiling);
    }
  });

  it('is tried again soon after a run that was healthy', async () => {
    const { done, waits } = bench([0, 0, 6_000]);
    await done;
    inside(waits[2], 100);
  });

  it('is tried again soon after a run that said that it was healthy', async () => {
    const { done, waits } = bench([0, 0, 1, 0], 2);
    await done;
    inside(waits[2], 100);
    inside(waits[3], 200);
  });

  it('is told with the cause of each failure', async () => {
    const { done, warnings } = bench([0]);
    await done;
    assert.deepEqual(warnings, ['broke: rust']);
  });

  it('ends with its signal, also in the middle of a pause', async () => {
    const life = new AbortController();
    setTimeout(() => life.abort(), 20);
    await supervise('thing', () => Promise.reject(new Error('broke')), {
      signal: life.signal,
      clock: systemClock,
      log: silentLog,
      restart: { minMs: 60_000, maxMs: 60_000, healthyAfterMs: 1 },
    });
  });

  it('leaves no listener behind after many restarts', async () => {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', note);
    const life = new AbortController();
    let runs = 0;
    await supervise(
      'thing',
      async (signal) => {
        void aborted(signal);
        if (++runs === 50) life.abort();
        await Promise.resolve();
      },
      {
        signal: life.signal,
        clock: systemClock,
        log: silentLog,
        restart: { minMs: 1, maxMs: 1, healthyAfterMs: 1_000 },
      },
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    assert.equal(runs, 50);
    assert.deepEqual(warnings, []);
  });
});
