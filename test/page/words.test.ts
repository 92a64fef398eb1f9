import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OwnCamera } from '../../src/contract/cameras.ts';
import {
  continuityWords,
  pieceWords,
  stateWords,
  summaryWords,
} from '../../src/page/camera-words.ts';
import { readRoute, routeHash } from '../../src/page/route.ts';
import { monthDays, nextMonth, weeks } from '../../src/page/time/month.ts';
import { lengthWords, percentWords } from '../../src/page/time/words.ts';

const zone = 'Europe/Zurich';
const nowMs = Date.UTC(2026, 10, 23, 10, 0);
const camera = (more: Partial<OwnCamera>): OwnCamera => ({
  name: 'garage',
  isRecording: false,
  state: 'camera offline',
  sinceMs: nowMs,
  live: false,
  ...more,
});

describe('what a camera does', () => {
  it('is told with the time of the last footage, in the time of the account', () => {
    const says = (more: Partial<OwnCamera>): string => stateWords(camera(more), nowMs, zone);
    const at = Date.UTC(2026, 10, 23, 9, 42);
    assert.equal(says({ lastFootageAtMs: at }), 'no footage since 10:42: camera offline');
    assert.equal(
      says({ lastFootageAtMs: at - 86_400_000 }),
      'no footage since yesterday 10:42: camera offline',
    );
    assert.equal(
      says({ lastFootageAtMs: at - 3 * 86_400_000, state: 'disabled' }),
      'no footage since Fri 20 Nov, 10:42: disabled by the operator',
    );
    assert.equal(says({}), 'no footage yet: camera offline');
    assert.equal(says({ state: 'never connected' }), 'no footage yet: never connected');
    assert.equal(says({ isRecording: true, state: 'recording' }), 'recording');
  });
  it('is summed up in a sentence', () => {
    const on = camera({ isRecording: true });
    const off = camera({});
    assert.equal(summaryWords([on, on, on]), 'All 3 cameras are recording.');
    assert.equal(summaryWords([on, off, on]), '1 of 3 cameras is not recording.');
    assert.equal(summaryWords([off, off]), 'None of the 2 cameras is recording.');
    assert.equal(summaryWords([off]), 'The camera is not recording.');
  });
});

describe('what is missing', () => {
  it('is never rounded away', () => {
    assert.equal(lengthWords(1), '1 s');
    assert.equal(lengthWords(99_001), '2 min');
    assert.equal(lengthWords(2 * 3_600_000 + 1), '2 h 1 min');
    assert.equal(percentWords(999_999, 1_000_000), '99.9 %');
    assert.equal(percentWords(5, 5), '100 %');
    const sums = { storedMs: 86_399_000, spooledMs: 0, missingMs: 1000 };
    assert.equal(continuityWords(sums), '1 s missing (99.9 % recorded)');
    assert.equal(continuityWords({ ...sums, missingMs: 0 }), 'complete');
    assert.equal(continuityWords({ storedMs: 0, spooledMs: 0, missingMs: 0 }), 'no footage');
  });
  it('is told with the offset where the clocks repeat the hour, so that it is clear which it is', () => {
    const startMs = Date.UTC(2026, 9, 25, 1, 30);
    const piece = { startMs, endMs: startMs + 40_000, state: 'stored' } as const;
    assert.match(pieceWords(piece, zone), /^02:30:00 \(\+01:00\) to 02:30:40 \(\+01:00\):/);
    const before = { ...piece, startMs: startMs - 3_600_000, endMs: startMs - 3_560_000 };
    assert.match(pieceWords(before, zone), /^02:30:00 \(\+02:00\) to /);
  });
  it('is told with its cause', () => {
    const piece = { startMs: nowMs, endMs: nowMs + 40_000, state: 'missing' } as const;
    assert.equal(
      pieceWords({ ...piece, cause: 'upgrade' }, zone),
      '11:00:00 to 11:00:40 (40 s) missing: the server was updated',
    );
    assert.match(pieceWords(piece, zone), /unexplained$/);
  });
});

describe('the address', () => {
  it('leads back to where it was made', () => {
    for (const route of [
      { view: 'now' },
      { view: 'live', camera: 'front-door' },
      { view: 'past', camera: 'front-door', atMs: 1_795_388_400_000 },
      { view: 'past', camera: 'front-door' },
      { view: 'past' },
    ] as const) {
      assert.deepEqual(readRoute(routeHash(route)), route);
    }
  });
  it('leads to the first view when it makes no sense', () => {
    for (const hash of ['', '#', '#/', '#/live', '#/%E0%A4%A', '#/no/where']) {
      assert.deepEqual(readRoute(hash), { view: 'now' });
    }
    assert.deepEqual(readRoute('#/past/garage/soon'), { view: 'past', camera: 'garage' });
  });
});

describe('a month', () => {
  it('is laid out in weeks from Monday on', () => {
    assert.equal(monthDays('2028-02-17').length, 29);
    assert.equal(nextMonth('2026-12-01', 1), '2027-01-01');
    const rows = weeks('2026-11-01');
    assert.equal(rows[0]?.[6], '2026-11-01');
    assert.ok(rows.every((row) => row.length === 7));
    assert.equal(rows.flat().filter((day) => day !== undefined).length, 30);
  });
});
