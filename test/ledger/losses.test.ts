import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { parseNotes } from '../../src/catalog/journal-documents.ts';
import { CameraTime, day, door, hour, minute, segmentOf } from './camera-time.ts';

const zero = Date.UTC(2027, 2, 1);
const nothing = { segments: 0, bytes: 0, durationMs: 0 };
const all = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 1000 };

describe('a segment that is lost', () => {
  it('is no row and no total any more, and its time is missing, once', () => {
    using time = new CameraTime(zero);
    const [kept, gone] = [segmentOf(zero, zero + minute), segmentOf(zero + minute, zero + hour)];
    time.ledger.segments.spooled(kept);
    time.ledger.segments.spooled(gone);
    time.nowMs = zero + day;
    for (let twice = 0; twice < 2; twice += 1)
      time.ledger.segments.lost(gone, 'disk full', 'dropped');
    assert.deepEqual(time.ledger.segments.inSpool(), [kept]);
    assert.deepEqual(time.ledger.cameras.find(door)?.totals, {
      stored: nothing,
      spooled: { segments: 1, bytes: 1000, durationMs: minute },
      newestEndMs: zero + minute,
    });
    const { spooledMs, causes } = time.continuity(zero, zero + hour);
    assert.equal(spooledMs, minute);
    assert.deepEqual(causes, [{ cause: 'disk full', gaps: 1, missingMs: hour - minute }]);

    time.ledger.segments.lost(kept, 'segment lost', 'gone');
    assert.deepEqual(time.ledger.cameras.find(door)?.totals, { stored: nothing, spooled: nothing });
  });

  it('is a loss even if it was never noted as spooled', () => {
    using time = new CameraTime(zero);
    time.ledger.segments.lost(segmentOf(zero, zero + minute), 'disk full', 'dropped');
    time.nowMs = zero + minute;
    assert.deepEqual(time.gaps(zero, zero + day), [[0, minute, 'disk full', 'dropped']]);
  });

  it('counts in each part of its time, however long it is', () => {
    using time = new CameraTime(zero);
    time.ledger.segments.lost(segmentOf(zero, zero + day), 'disk full', 'dropped');
    time.ledger.segments.lost(segmentOf(zero + day, zero + day + minute), 'segment lost', 'gone');
    time.nowMs = zero + 2 * day;
    const lasts = (fromMs: number) => time.gaps(fromMs, fromMs + minute);
    for (const atMs of [0, minute, hour + 1, day / 2, day - minute]) {
      assert.deepEqual(lasts(zero + atMs), [[0, minute, 'disk full', 'dropped']], `${atMs}`);
    }
    assert.deepEqual(lasts(zero + day), [[0, minute, 'segment lost', 'gone']]);
    assert.notDeepEqual(lasts(zero + day + hour), [[0, minute, 'disk full', 'dropped']]);
  });

  it('is not lost if it is stored', () => {
    using time = new CameraTime(zero);
    const segment = time.footage(zero, zero + minute);
    time.ledger.segments.lost(segment, 'segment lost', 'its file is gone');
    time.nowMs = zero + minute;
    const { storedMs, gaps } = time.continuity(zero, zero + day);
    assert.deepEqual([storedMs, gaps], [minute, []]);
    assert.equal(time.ledger.segments.list(door, all).length, 1);
  });

  it('is listed under the name that its file has, also after the camera was renamed', () => {
    using time = new CameraTime(zero);
    const earlier = segmentOf(zero - hour, zero - hour + minute);
    time.ledger.segments.spooled(earlier);
    time.nowMs = zero + hour;
    const gate = time.ledger.cameras.rename(door, 'gate');
    const later = { ...segmentOf(zero + hour + 1, zero + 2 * hour), ...gate };
    time.ledger.segments.spooled(later);
    assert.deepEqual(time.ledger.segments.inSpool(), [earlier, later]);
    for (const segment of time.ledger.segments.inSpool()) {
      time.ledger.segments.lost(segment, 'segment lost', 'its file is gone');
    }
    assert.deepEqual(time.ledger.segments.inSpool(), []);
    assert.deepEqual(time.ledger.cameras.find(gate)?.totals.spooled, nothing);
  });
});

describe('states and losses', () => {
  it('are on the disk once they were noted, and only if they are news', () => {
    using time = new CameraTime(zero);
    using reader = new DatabaseSync(time.file, { readOnly: true });
    const states = () =>
      reader
        .prepare('SELECT atMs, state, detail FROM states ORDER BY atMs')
        .all()
        .map((row) => [Number(row['atMs']) - zero, row['state'], row['detail']]);
    time.note('starting', 'a', zero + 5);
    time.note('starting', 'a', zero + 6);
    time.note('starting', 'b', zero + 7);
    time.note('recording', '', zero + 7);
    assert.deepEqual(states(), [
      [0, 'never connected', ''],
      [5, 'starting', 'a'],
      [7, 'starting', 'b'],
      [8, 'recording', ''],
    ]);
  });
});

describe('notes in the bucket that say "not seen yet"', () => {
  it('still read well', () => {
    const note = { account: 'bach', camera: 'door', atMs: zero, state: 'not seen yet', detail: '' };
    assert.deepEqual(parseNotes(Buffer.from(`${JSON.stringify(note)}\n`)), [
      { ...note, state: 'never connected' },
    ]);
    assert.throws(() => parseNotes(Buffer.from(JSON.stringify({ ...note, state: 'bored' }))));
  });
});
