import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { PaceLimits } from '../../src/lib/pace.ts';
import { PacedReader } from '../../src/lib/paced-reader.ts';
import { eventually } from '../support/until.ts';

const plenty: PaceLimits = {
  rate: { burst: 1_000_000, everyMs: 0.001 },
  perTurn: 1_000_000,
  patienceMs: 60_000,
};

/** A reader whose every byte is a message. */
function rig(limits: Partial<PaceLimits>) {
  const seen = { bytes: 0, turns: 0, paused: false, over: 0 };
  const reader = new PacedReader({
    socket: {
      pause: () => {
        seen.paused = true;
      },
      resume: () => {
        seen.paused = false;
      },
    },
    limits: { ...plenty, ...limits },
    take: (piece) => {
      seen.turns += 1;
      seen.bytes += piece.length;
      reader.spend(piece.length);
    },
    onOver: () => {
      seen.over += 1;
    },
  });
  return { reader, seen };
}

describe('a paced reader', () => {
  it('hands on at once what is within the pace', () => {
    const { reader, seen } = rig({});
    reader.push(Buffer.alloc(64 * 1024));
    assert.deepEqual(seen, { bytes: 64 * 1024, turns: 16, paused: false, over: 0 });
  });

  it('lets others run after so many messages, and reads on in order', async () => {
    const { reader, seen } = rig({ perTurn: 5_000 });
    reader.push(Buffer.alloc(20_000));
    reader.push(Buffer.alloc(100));
    assert.deepEqual(seen, { bytes: 8_192, turns: 2, paused: true, over: 0 });
    await turn();
    assert.equal(seen.bytes, 16_384);
    await eventually('all of it', 5_000, () => seen.bytes === 20_100 && !seen.paused);
  });

  it('makes the peer wait that is faster than the rate', async () => {
    const began = performance.now();
    const { reader, seen } = rig({ rate: { burst: 4_096, everyMs: 0.02 } });
    reader.push(Buffer.alloc(4 * 4_096));
    assert.equal(seen.bytes, 2 * 4_096);
    await eventually('all of it', 5_000, () => seen.bytes === 4 * 4_096 && !seen.paused);
    assert.ok(performance.now() - began >= 2 * 4_096 * 0.02);
  });

  it('reports a peer that is over the rate for too long, once, and hands on nothing more', async () => {
    const { reader, seen } = rig({ rate: { burst: 1, everyMs: 0.01 }, patienceMs: 50 });
    reader.push(Buffer.alloc(10_000_000));
    await eventually('the report', 5_000, () => seen.over === 1);
    const { bytes } = seen;
    assert.ok(bytes < 10_000_000);
    reader.push(Buffer.alloc(1_000));
    await turn();
    assert.equal(seen.bytes, bytes);
  });
});
