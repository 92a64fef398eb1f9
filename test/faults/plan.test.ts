import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kinds } from './kinds/all.ts';
import { type Planned, placeOf, plan } from './plan.ts';

const first = (seed: number, count = 1_000): Planned[] => [
  ...plan({ seed, cameras: 5, kinds, everyMs: 3_000 }).take(count),
];

describe('the plan of a fault run', () => {
  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(first(1), first(1));
    assert.notDeepEqual(first(1), first(2));
  });

  it('has each kind of fault once before chance alone decides', () => {
    assert.equal(new Set(first(3, 4 * kinds.length).map(({ kind }) => kind)).size, kinds.length);
  });

  it('never has two faults in one place at a time', () => {
    const endsAt = new Map<string, number>();
    for (const planned of first(4)) {
      const { kind, atMs, lastsMs } = planned;
      const place = placeOf(planned);
      assert.ok(atMs >= (endsAt.get(place) ?? 0), `${kind.name} comes too early`);
      endsAt.set(place, atMs + lastsMs);
    }
  });
});
