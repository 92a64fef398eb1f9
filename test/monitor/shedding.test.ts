import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Shedding } from '../../src/monitor/shedding.ts';

/** A server with so many cameras that are downsampled, whose load a test sets. */
function rig(cameras: number) {
  const heavy = new Set(Array.from({ length: cameras }, (_, n) => `bach/${n}`));
  const lightened = new Set<string>();
  let nowMs = 0;
  const clock = { now: () => nowMs, wallNow: () => nowMs, sleep: async () => {} };
  const shedding = new Shedding(clock, {
    get heavy() {
      return [...heavy];
    },
    get lightened() {
      return [...lightened];
    },
    lighten(camera) {
      heavy.delete(camera);
      lightened.add(camera);
    },
    restore(camera) {
      lightened.delete(camera);
      heavy.add(camera);
    },
  });
  /** The most cameras that changed at a time, in so many seconds of the same load. */
  const run = (seconds: number, isOverloaded: boolean): number => {
    let most = 0;
    for (let n = 0; n < 2 * seconds; n += 1) {
      nowMs += 500;
      const before = lightened.size;
      shedding.look(isOverloaded);
      most = Math.max(most, Math.abs(lightened.size - before));
    }
    return most;
  };
  return { shedding, lightened, heavy, run };
}

describe('what a server that can not keep up does without', () => {
  it('is nothing while it keeps up', () => {
    const { shedding, run } = rig(4);
    run(60, false);
    assert.equal(shedding.words, undefined);
  });

  it('is the pictures of the page first, then downsampling, some cameras at a time', () => {
    const { shedding, lightened, heavy, run } = rig(40);
    run(1, true);
    assert.ok(shedding.arePicturesShed);
    assert.equal(shedding.words, 'previews and live pictures of the page are paused');
    assert.equal(run(8, true), 0);
    assert.equal(run(20, true), 5);
    assert.equal(lightened.size, 10);
    assert.match(shedding.words ?? '', /, and 10 cameras copied instead of downsampled$/);
    assert.equal(run(120, true), 5);
    assert.equal(heavy.size, 0);
  });

  it('is given back within a minute of the load’s end, some cameras at a time, the pages’ pictures last', () => {
    const { shedding, lightened, run } = rig(40);
    run(120, true);
    assert.equal(lightened.size, 40);
    assert.equal(run(8, false), 0);
    assert.equal(run(20, false), 5);
    assert.ok(lightened.size > 0 && shedding.arePicturesShed);
    run(32, false);
    assert.equal(lightened.size, 0);
    assert.equal(shedding.words, undefined);
  });

  it('is given back later after each relapse', () => {
    const { lightened, run } = rig(1);
    const secondsUntilBack = (): number => {
      run(30, true);
      assert.equal(lightened.size, 1);
      let seconds = 0;
      while (lightened.size > 0) {
        run(1, false);
        seconds += 1;
      }
      return seconds;
    };
    const waits = [1, 2, 3, 4].map(secondsUntilBack);
    assert.ok(
      waits.every((wait, n) => n === 0 || wait > (waits[n - 1] ?? 0)),
      String(waits),
    );
  });
});
