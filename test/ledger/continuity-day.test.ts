import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gapCauses, type GapCause } from '../../src/model/gap-cause.ts';
import { CameraTime, day, door, hour, minute, second, segmentOf } from './camera-time.ts';

const zero = Date.UTC(2027, 2, 1);

/** A camera and its daemon, as the ledger comes to know of them. */
class CameraDay extends CameraTime {
  #segments = 0;

  /** Segments of a minute, cut on the wall clock, with the seams and overlaps that media times have. */
  record(fromMs: number, toMs: number): void {
    this.nowMs = fromMs + 2 * second;
    this.note('recording');
    for (let startMs = fromMs; startMs < toMs; ) {
      const endMs = Math.min(toMs, Math.floor(startMs / minute) * minute + minute);
      this.#segments += 1;
      const lateMs = [0, 40, 7, 66][this.#segments % 4] ?? 0;
      const isLast = endMs === toMs;
      const segment = segmentOf(startMs, isLast ? endMs : endMs + lateMs - 30);
      this.ledger.segments.spooled(segment);
      if (this.#segments % 10 > 0) this.ledger.segments.stored(segment, { key: 'k' });
      startMs = isLast ? endMs : endMs + lateMs;
    }
    this.nowMs = toMs;
  }
}

/** How each cause comes about; it begins when footage ends, and is over at `toMs`. */
const outages: Record<
  Exclude<GapCause, 'never connected'>,
  (time: CameraDay, fromMs: number, toMs: number) => void
> = {
  'camera offline': (time) => time.note('camera offline', 'timed out'),
  starting: (time) => time.note('starting'),
  'camera sent nothing': (time) => time.note('camera sent nothing', '503'),
  'stream stalled': (time, fromMs) => time.note('stream stalled', '', fromMs + 8 * second),
  'line too slow': (time, fromMs) => time.note('line too slow', '', fromMs + 8 * second),
  'relay died': (time) => time.note('relay died', 'killed by SIGKILL'),
  'archiver died': (time, fromMs) => time.note('archiver died', 'exit 1', fromMs + second),
  'disk full': (time) => time.note('disk full'),
  'disk unusable': (time) => time.note('disk unusable'),
  'settings changed': (time) => time.note('settings changed'),
  disabled(time, _fromMs, toMs) {
    time.ledger.cameras.setDisabled(door, true);
    time.nowMs = toMs;
    time.ledger.cameras.setDisabled(door, false);
  },
  'daemon down'(time, fromMs, toMs) {
    time.ledger.runs.alive(fromMs - 2 * second);
    time.ledger.runs.begin('1', toMs);
  },
  upgrade(time, fromMs, toMs) {
    time.ledger.runs.end(fromMs);
    time.ledger.runs.begin('2', toMs);
  },
  'server stood still'(time, fromMs, toMs) {
    const period = { ...door, startMs: fromMs, durationMs: toMs - fromMs };
    time.ledger.segments.noteLoss(period, 'server stood still', 'suspended');
  },
  'server overloaded': (time) => time.note('server overloaded'),
  'clock jumped': (time, _fromMs, toMs) => time.note('clock jumped', 'forward', toMs),
  'segment lost'(time, fromMs, toMs) {
    const segment = segmentOf(fromMs, toMs);
    time.ledger.segments.spooled(segment);
    time.ledger.segments.lost(segment, 'segment lost', 'its file is gone');
  },
  'deleted in the bucket'(time, fromMs, toMs) {
    const segment = segmentOf(fromMs, toMs);
    time.ledger.segments.stored(segment, { key: 'a/b' });
    time.ledger.segments.gone([segment], 'deleted in the bucket', 'a rule deletes it');
  },
  unexplained() {},
};

describe('a day of a camera', () => {
  it('with outages of all causes adds up to 86 400 s, each under its cause', () => {
    using time = new CameraDay(zero - hour);
    time.ledger.runs.begin('1', zero - hour);
    const expected = new Map<string, number>([['never connected', hour]]);
    let atMs = zero + hour;
    for (const [cause, happen] of Object.entries(outages)) {
      const fromMs = atMs + 61 * minute + 7 * second;
      const lengthMs = 5 * minute + expected.size * 12_345;
      time.record(atMs, fromMs);
      happen(time, fromMs, fromMs + lengthMs);
      expected.set(cause, lengthMs);
      atMs = fromMs + lengthMs;
    }
    time.record(atMs, zero + day + hour);
    assert.equal(expected.size, gapCauses.length);

    const { storedMs, spooledMs, missingMs, causes, gaps, segments } = time.continuity(
      zero,
      zero + day,
    );
    assert.equal(storedMs + spooledMs + missingMs, 86_400_000);
    assert.deepEqual(new Map(causes.map(({ cause, missingMs: ms }) => [cause, ms])), expected);
    assert.equal(gaps.length, gapCauses.length);
    assert.equal(
      missingMs,
      [...expected.values()].reduce((sum, ms) => sum + ms),
    );
    assert.ok(segments.stored > 1000 && segments.spooled > 100);

    const hours = Array.from({ length: 24 }, (_, n) =>
      time.continuity(zero + n * hour, zero + (n + 1) * hour),
    );
    const sum = (of: 'storedMs' | 'spooledMs' | 'missingMs') =>
      hours.reduce((total, one) => total + one[of], 0);
    assert.deepEqual(
      [sum('storedMs'), sum('spooledMs'), sum('missingMs')],
      [storedMs, spooledMs, missingMs],
      'its hours add up to it',
    );
  });

  it('with a leap second smeared over it is whole', () => {
    using time = new CameraDay(zero - hour);
    time.record(zero - hour, zero);
    // The machine's clock runs slower by 1 / 86 400: what lasted a minute by the media's clock takes
    // 0.7 ms less by the machine's, and the media's times are set right now and then.
    for (let n = 0, driftMs = 0; n < 1441; n += 1, driftMs += 60_000 / 86_401) {
      const startMs = Math.round(zero + n * minute - (driftMs % 25));
      time.ledger.segments.stored(segmentOf(startMs, startMs + minute), { key: 'k' });
    }
    time.nowMs = zero + day + minute;
    const { storedMs, gaps } = time.continuity(zero, zero + day);
    assert.deepEqual([storedMs, gaps], [day, []]);
  });
});
