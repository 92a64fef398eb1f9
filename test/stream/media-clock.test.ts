import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MediaClock } from '../../src/stream/media-clock.ts';

const ticksPerSecond = 90_000;
const pictureMs = 100;

/** A camera with ten pictures a second, whose clock begins shortly before it wraps around. */
class Camera {
  readonly clock = new MediaClock(ticksPerSecond);
  readonly #firstTimestamp = 2 ** 32 - 3 * ticksPerSecond;

  /** @returns how wrong its time is, if it was taken at `takenMs` and arrives at `arrivedMs` */
  picture(takenMs: number, arrivedMs: number, clockMs = takenMs): number {
    const timestamp = (this.#firstTimestamp + (clockMs * ticksPerSecond) / 1_000) % 2 ** 32;
    return this.clock.place(Math.round(timestamp), arrivedMs) - takenMs;
  }
}

const nearly = (actual: number, expected: number, by = 1): void =>
  assert.ok(Math.abs(actual - expected) <= by, `${actual} instead of ${expected}`);

describe('a camera’s clock laid on ours', () => {
  it('dates pictures as they were taken, however late they come, over a wrap-around', () => {
    const camera = new Camera();
    nearly(camera.picture(0, 20), 20);
    for (let ms = pictureMs; ms < 20_000; ms += pictureMs)
      nearly(camera.picture(ms, ms + 20 + ms / 10), 20);
    nearly(camera.clock.lateMs ?? 0, 1_700, 200);
  });

  it('keeps the distances of what comes in a lump after a pause', () => {
    const camera = new Camera();
    for (let ms = 0; ms < 2_000; ms += pictureMs) camera.picture(ms, ms + 20);
    for (let ms = 2_000; ms < 6_000; ms += pictureMs)
      nearly(camera.picture(ms, 6_020 + ms / 100), 20);
  });

  it('takes the least delay as none, and nothing arrives before it was taken', () => {
    const camera = new Camera();
    nearly(camera.picture(0, 500), 500);
    nearly(camera.picture(100, 300), 200);
    nearly(camera.picture(200, 220), 20);
    nearly(camera.picture(300, 900), 20);
  });

  it('follows a clock that runs slow, where the line says that nothing waits', () => {
    const camera = new Camera();
    let wrong = 0;
    for (let ms = 0; ms < 120_000; ms += pictureMs) {
      wrong = camera.picture(ms, ms + 20, ms * 0.99);
      camera.clock.mayBeLate(30);
    }
    nearly(wrong, 20, 60);
  });

  it('keeps its delay when the camera’s clock is set', () => {
    const camera = new Camera();
    for (let ms = 0; ms < 5_000; ms += pictureMs) camera.picture(ms, ms + ms / 5);
    nearly(camera.picture(5_000, 6_000, 5_000 - 4_000_000), 0, 30);
    nearly(camera.picture(5_100, 6_120, 5_100 - 4_000_000), 0, 30);
  });
});
