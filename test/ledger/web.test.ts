import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { CameraTime, day, door, hour, minute, second } from './camera-time.ts';

const enrolledMs = Date.UTC(2026, 9, 1);

const origin = { address: '192.0.2.1', agent: 'Firefox' };

describe('the ledger, for browsers', () => {
  let time: CameraTime;

  beforeEach(() => {
    time = new CameraTime(enrolledMs);
  });
  afterEach(() => {
    time[Symbol.dispose]();
    mock.timers.reset();
  });

  it('ends sessions that are not used for 30 days, or are 90 days old', () => {
    const { ledger } = time;
    const credentials = { md5: '0'.repeat(32), sha256: '0'.repeat(64) };
    ledger.viewers.add({ account: 'bach', name: 'anna', credentials });
    const hash = createHash('sha256').update('token').digest();
    const isThere = (): boolean => ledger.sessions.find(hash, time.nowMs) !== undefined;
    assert.equal(ledger.sessions.begin(hash, { account: 'bach', viewer: 'nobody' }, origin), false);
    assert.equal(ledger.sessions.begin(hash, { account: 'bach', viewer: 'anna' }, origin), true);
    for (const days of [29, 58, 87]) {
      time.nowMs = enrolledMs + days * day;
      assert.equal(isThere(), true, `${days}`);
    }
    time.nowMs = enrolledMs + 91 * day;
    assert.equal(isThere(), false);

    const other = createHash('sha256').update('other').digest();
    ledger.sessions.begin(other, { account: 'bach', viewer: 'anna' }, origin);
    time.nowMs += 31 * day;
    assert.equal(ledger.sessions.find(other, time.nowMs), undefined);
  });

  it('keeps 30 sessions of a viewer, the ones used last', () => {
    const { ledger } = time;
    const credentials = { md5: '0'.repeat(32), sha256: '0'.repeat(64) };
    ledger.viewers.add({ account: 'bach', name: 'anna', credentials });
    const hashes = Array.from({ length: 35 }, (_, i) => {
      const hash = createHash('sha256').update(`${i}`).digest();
      time.nowMs += second;
      ledger.sessions.begin(hash, { account: 'bach', viewer: 'anna' }, origin);
      return hash;
    });
    const there = hashes.map((hash) => ledger.sessions.find(hash, time.nowMs) !== undefined);
    assert.deepEqual(there, [...Array(5).fill(false), ...Array(30).fill(true)]);
  });

  const sums = (fromMs: number) =>
    time.ledger.continuity.days(door, {
      days: [{ fromMs, toMs: fromMs + day }],
      nowMs: time.nowMs,
      isRecording: false,
    })[0];
  const fresh = (fromMs: number) => {
    const { storedMs, spooledMs, missingMs } = time.ledger.continuity.sum(door, {
      fromMs,
      toMs: fromMs + day,
      nowMs: time.nowMs,
      isRecording: false,
    });
    return { storedMs, spooledMs, missingMs };
  };

  it('sums up days as their timeline does, and anew when something of them changes', () => {
    const from = enrolledMs + day;
    time.note('recording', '', enrolledMs + 2);
    time.nowMs = from + 3 * day;
    time.footage(from + hour, from + hour + minute);
    assert.deepEqual(sums(from), fresh(from));
    assert.equal(sums(from)?.storedMs, minute);

    time.footage(from + 2 * hour, from + 2 * hour + minute);
    assert.equal(sums(from)?.storedMs, 2 * minute);
    // Over midnight, seen from the day before.
    time.footage(from - minute, from + minute);
    assert.deepEqual(sums(from), fresh(from));
    assert.equal(sums(from)?.storedMs, 3 * minute);

    const segment = {
      ...door,
      startMs: from + 3 * hour,
      durationMs: minute,
      bytes: 1,
      sha256: createHash('sha256').update('spooled').digest('hex'),
    };
    time.ledger.segments.spooled(segment);
    assert.equal(sums(from)?.spooledMs, minute);
    time.ledger.segments.lost(segment, 'disk full', '');
    assert.equal(sums(from)?.spooledMs, 0);
    time.ledger.segments.noteHole(
      { ...door, startMs: from + hour, durationMs: 30 * second },
      'stream stalled',
      '',
    );
    assert.deepEqual(sums(from), fresh(from));
    assert.equal(sums(from)?.storedMs, 3 * minute - 30 * second);
  });

  it('tells a day as pieces that add up, without seams, the missing with their cause', () => {
    const from = enrolledMs + day;
    time.note('recording', '', enrolledMs + 2);
    time.nowMs = from + 3 * day;
    for (let i = 0; i < 5; i += 1) {
      time.footage(from + i * minute + 10, from + (i + 1) * minute);
    }
    time.note('camera offline', 'its tunnel closed', from + 5 * minute);
    time.footage(from + 7 * minute, from + 8 * minute);
    const { pieces, ...told } = time.ledger.continuity.timeline(door, {
      fromMs: from + 10,
      toMs: from + 8 * minute,
      nowMs: time.nowMs,
      isRecording: false,
    });
    assert.deepEqual(
      pieces.map(({ startMs, endMs, state, cause }) => [
        startMs - from,
        endMs - from,
        state,
        cause,
      ]),
      [
        [10, 5 * minute, 'stored', undefined],
        [5 * minute, 7 * minute, 'missing', 'camera offline'],
        [7 * minute, 8 * minute, 'stored', undefined],
      ],
    );
    assert.equal(told.storedMs + told.missingMs + told.spooledMs, 8 * minute - 10);
  });

  it('finds the segment of a moment, and remembers where its media begin', () => {
    const from = enrolledMs + day;
    const { sha256 } = time.footage(from, from + minute);
    const { startMs } = time.ledger.footage.at(door, from + 30 * second) ?? {};
    assert.equal(startMs, from);
    assert.equal(time.ledger.footage.at(door, from + minute), undefined);
    assert.equal(time.ledger.footage.find(door, { startMs: from, sha256 })?.init, undefined);
    const init = { bytes: 1234, hash: '0123456789abcdef' };
    time.ledger.footage.noteInits(door, [{ startMs: from, sha256, init }]);
    const [found] = time.ledger.footage.list(door, { fromMs: from, toMs: from + 1, limit: 10 });
    assert.deepEqual(found?.init, init);
  });
});
