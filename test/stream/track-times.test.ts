import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MediaClock } from '../../src/stream/media-clock.ts';
import { TrackTimes } from '../../src/stream/track-times.ts';

const ticks = (ms: number): number => Math.round(ms * 90) % 2 ** 32;

const nearly = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) <= 1, `${actual} instead of ${expected}`);

describe('the times of what a relay sends', () => {
  it('are those of the camera’s pictures, though they waited and come in a lump', () => {
    const camera = new MediaClock(90_000);
    const track = new TrackTimes(90_000);
    for (let ms = 0; ms < 5_000; ms += 100) {
      camera.place(ticks(ms + 7_000), ms, 0);
      nearly(track.place(ticks(ms), ms + 3, camera), ms);
    }
    // The line stood still: three seconds come at once, and the relay hands them on afterwards.
    for (let ms = 5_000; ms < 8_000; ms += 100) camera.place(ticks(ms + 7_000), 8_000, 0);
    for (let ms = 5_000; ms < 8_000; ms += 100) nearly(track.place(ticks(ms), 8_010, camera), ms);
  });

  it('stay right when the relay counts from elsewhere, as when another reader joins', () => {
    const camera = new MediaClock(90_000);
    const track = new TrackTimes(90_000);
    let jump = 0;
    let wrong = 0;
    for (let ms = 0; ms < 20_000; ms += 100) {
      if (ms === 5_000) jump = 40;
      if (ms === 10_000) jump = -30;
      camera.place(ticks(ms), ms, 0);
      const placed = track.place(ticks(ms + 1_000 + jump), ms + 3, camera);
      wrong = Math.max(wrong, Math.abs(placed - ms));
    }
    assert.ok(wrong <= 71, `${wrong} ms wrong`);
  });

  it('are those of arrival while nothing is known of the camera’s clock', () => {
    assert.equal(new TrackTimes(90_000).place(5, 1_234, undefined), 1_234);
  });
});
