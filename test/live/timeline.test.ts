import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PicturePlace, LiveTimeline } from '../../src/live/timeline.ts';

interface Arrival {
  readonly cameraMs: number;
  readonly nowMs: number;
}

const ticks = (ms: number): number => Math.round(ms * 90);

/** Lays arrivals on a new time line; none may tear it for a player. */
function placed(arrivals: readonly Arrival[]): (PicturePlace & { readonly lateMs: number })[] {
  const line = new LiveTimeline();
  const startMs = arrivals[0]?.nowMs ?? 0;
  let before: PicturePlace | undefined;
  return arrivals.map(({ cameraMs, nowMs }) => {
    const place = line.place((ticks(cameraMs) + 4_294_900_000) >>> 0, nowMs);
    if (before !== undefined) {
      const step = place.decodeTime - before.decodeTime;
      assert.ok(step > 0 && step <= 2 * before.duration, `${step} after ${before.duration}`);
    }
    assert.ok(place.showTime >= 0 && place.duration > 0);
    before = place;
    return { ...place, lateMs: nowMs - startMs - place.showTime / 90 };
  });
}

const pictures = (count: number, arrival: (i: number) => Arrival): Arrival[] =>
  Array.from({ length: count }, (_, i) => arrival(i));

const steps = (places: readonly PicturePlace[]): number[] =>
  places.slice(1).map(({ showTime }, i) => showTime - (places[i]?.showTime ?? 0));

describe('the time line of a live stream', () => {
  it('keeps the distances of the camera, whatever the network does to them', () => {
    const places = placed(
      pictures(300, (i) => ({ cameraMs: i * 40, nowMs: 5_000 + i * 40 + ((i * 7919) % 30) })),
    );
    const all = steps(places);
    assert.ok(Math.min(...all) > ticks(37) && Math.max(...all) < ticks(43));
  });

  it('follows a clock that is too slow or too fast, for ever', () => {
    for (const rate of [0.999, 1.001, 0.97, 1.03]) {
      const places = placed(
        pictures(10_000, (i) => ({ cameraMs: i * 40 * rate, nowMs: 5_000 + i * 40 })),
      );
      for (const { lateMs } of places) assert.ok(Math.abs(lateMs) < 100, `${rate}: ${lateMs}`);
    }
  });

  it('does not jump for a halt of the network after which all pictures come', () => {
    const places = placed(
      pictures(400, (i) => ({
        cameraMs: i * 40,
        nowMs: 5_000 + (i >= 100 && i < 200 ? 200 * 40 : i * 40),
      })),
    );
    const all = steps(places);
    assert.ok(Math.min(...all) > ticks(37) && Math.max(...all) < ticks(43));
  });

  it('goes on where it is after a jump of the camera, forward or back', () => {
    for (const jumpMs of [3_600_000, -3_600_000, 10_000, -10_000, 40_000_000]) {
      const places = placed(
        pictures(400, (i) => ({ cameraMs: i * 40 + (i < 200 ? 0 : jumpMs), nowMs: i * 40 })),
      );
      assert.ok(Math.max(...steps(places).map(Math.abs)) < ticks(200), `${jumpMs}`);
      assert.ok(Math.abs(places.at(-1)?.lateMs ?? NaN) < 100, `${jumpMs}`);
    }
  });

  it('leaves a hole where the camera sent nothing, without tearing the line', () => {
    const places = placed(
      pictures(400, (i) => {
        const ms = i * 40 + (i < 200 ? 0 : 5_000);
        return { cameraMs: ms, nowMs: ms };
      }),
    );
    assert.equal(Math.max(...steps(places)), ticks(5_040));
    assert.equal(places.at(-1)?.decodeTime, places.at(-1)?.showTime);
  });

  it('comes back to now when the camera stopped its clock', () => {
    const places = placed(
      pictures(600, (i) => ({ cameraMs: i * 40, nowMs: i * 40 + (i < 200 ? 0 : 4_000) })),
    );
    assert.ok(Math.abs(places.at(-1)?.lateMs ?? NaN) < 100);
  });

  it('shows pictures in the order that the camera says', () => {
    const order = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8];
    const places = placed(order.map((n, i) => ({ cameraMs: n * 40, nowMs: i * 40 })));
    const shown = places.map(({ showTime }, i) => ({ showTime, n: order[i] ?? 0 }));
    shown.sort((a, b) => a.showTime - b.showTime);
    assert.deepEqual(
      shown.map(({ n }) => n),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
  });

  it('is never torn, whatever the times are', () => {
    for (let round = 0; round < 50; round += 1) {
      let nowMs = 0;
      placed(
        pictures(300, () => {
          nowMs += Math.random() < 0.05 ? Math.random() * 20_000 : Math.random() * 80;
          return { cameraMs: Math.random() * (Math.random() < 0.1 ? 1e9 : nowMs), nowMs };
        }),
      );
    }
  });
});
