import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Standstill, startPulse } from '../../src/lib/pulse.ts';

const startMs = 1_800_000_000_000;

/** What is told of beats that take so long, each as `[by the clock of durations, by that since boot]`. */
async function told(beats: readonly (readonly [number, number])[]) {
  let [nowMs, bootMs, at] = [0, 0, 0];
  const stood: Standstill[] = [];
  const late: number[] = [];
  const over = Promise.withResolvers<void>();
  await using _pulse = startPulse({
    clock: {
      now: () => nowMs,
      wallNow: () => startMs + bootMs,
      sleep: async (_, signal) => {
        const beat = beats[at];
        at += 1;
        if (beat !== undefined) {
          nowMs += beat[0];
          bootMs += beat[1];
          return;
        }
        over.resolve();
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      },
    },
    sinceBootMs: () => Math.floor(bootMs / 1_000) * 1_000,
    onStandstill: (one) => stood.push(one),
    onBeat: (lateMs) => late.push(lateMs),
  });
  await over.promise;
  return { stood, late };
}

describe('the pulse', () => {
  it('tells how late each beat is, and nothing more of a busy machine', async () => {
    const { stood, late } = await told([
      [500, 500],
      [1_700, 1_700],
      [500, 500],
    ]);
    assert.deepEqual(late, [0, 1_200, 0]);
    assert.deepEqual(stood, []);
  });

  it('tells that this process was stopped, from when and how long', async () => {
    const { stood } = await told([
      [500, 500],
      [45_500, 45_500],
    ]);
    assert.deepEqual(stood, [
      { startMs: startMs + 1_000, durationMs: 45_000, detail: 'the daemon did not run for 45 s' },
    ]);
  });

  it('tells that the machine was suspended, when only the clock since boot went on', async () => {
    const { stood } = await told([
      [500, 60_500],
      [500, 500],
    ]);
    assert.equal(stood.length, 1);
    assert.match(stood[0]?.detail ?? '', /^this machine was suspended for (59|60|61) s$/);
  });
});
