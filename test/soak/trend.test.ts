import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../faults/random.ts';
import { median, trendOf } from './trend.ts';

describe('a trend', () => {
  const measure = (perHour: number, noise: number) => {
    const random = new Random(7);
    return Array.from({ length: 400 }, (_, i) => {
      const [hours, cameras, viewers] = [i / 360, random.below(20), random.below(3)];
      const value = 30 + perHour * hours + 2 * cameras + viewers + random.between(-noise, noise);
      return { hours, value, others: [cameras, viewers] };
    });
  };

  it('is found beneath what comes and goes with cameras and viewers', () => {
    const { perHour, error } = trendOf(measure(4, 0)) ?? assert.fail();
    assert.ok(Math.abs(perHour - 4) < 1e-6, String(perHour));
    assert.ok(error < 1e-6, String(error));
  });

  it('comes with how sure it is', () => {
    for (const slope of [0, 4]) {
      const { perHour, error } = trendOf(measure(slope, 5)) ?? assert.fail();
      assert.ok(Math.abs(perHour - slope) < 3 * error, `${perHour} +- ${error}`);
      assert.ok(error > 0.2 && error < 2, String(error));
    }
  });

  it('is there for what never changes, and where nothing comes or goes', () => {
    const still = Array.from({ length: 60 }, (_, i) => ({ hours: i, value: 9, others: [0, 0] }));
    const { perHour, error } = trendOf(still) ?? assert.fail();
    assert.ok(Math.abs(perHour) < 1e-9);
    assert.ok(error < 1e-9);
    assert.equal(trendOf(still.slice(0, 5)), undefined);
  });

  it('is beside a median', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
  });
});
