import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChannelWindow, firstWindowBytes } from '../../src/tunnel/channel-window.ts';

/** A camera that sends as fast as a line of `bytesPerSecond` and the window let it. @returns the most that was under way */
function sends(bytesPerSecond: number, seconds: number): { most: number; consumed: number } {
  let left = firstWindowBytes;
  const window = new ChannelWindow({
    get left() {
      return left;
    },
    grant: (bytes) => {
      left += bytes;
    },
  });
  const tickMs = 10;
  let queued = 0;
  let most = 0;
  let consumed = 0;
  for (let ms = 0; ms < seconds * 1_000; ms += tickMs) {
    // All that the window allows lies in the line's queue at once.
    queued = Math.max(queued, left);
    if (ms > 10_000) most = Math.max(most, queued);
    const carried = Math.min(queued, (bytesPerSecond * tickMs) / 1_000);
    queued -= carried;
    left -= carried;
    consumed += carried;
    window.consumed(carried, ms);
  }
  return { most, consumed };
}

describe('the window of a camera’s channel', () => {
  it('lets a slow line queue three seconds, and lose none of its rate', () => {
    const rate = 31_250;
    const { most, consumed } = sends(rate, 60);
    assert.ok(most <= 3.3 * rate, `${(most / rate).toFixed(1)} s are queued`);
    assert.ok(consumed >= 59 * rate);
  });

  it('grows with a fast line', () => {
    const rate = 1_000_000;
    const { most, consumed } = sends(rate, 30);
    assert.ok(most > 1_500_000, `${most} bytes`);
    assert.ok(consumed >= 29 * rate);
  });
});
