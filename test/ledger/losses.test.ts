import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { parseNotes } from '../../src/catalog/journal-documents.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { migrations } from '../../src/ledger/migrations.ts';
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

describe('a ledger of the version that said "not seen yet"', () => {
  it('says "never connected" of then, and lets the bucket know', () => {
    const directory = mkdtempSync(join(tmpdir(), 'cctv-not-seen-'));
    const file = join(directory, 'ledger.sqlite');
    try {
      {
        using database = new DatabaseSync(file);
        for (const step of migrations.slice(0, 7)) database.exec(step);
        database.exec(`
          PRAGMA application_id = ${0x43435456}; PRAGMA user_version = 7;
          INSERT INTO accounts (id, name, createdMs) VALUES (1, 'bach', 1000);
          INSERT INTO cameras (id, account, name, rtspPath, createdMs)
            VALUES (1, 1, 'door', '/', ${zero});
          INSERT INTO states VALUES (1, ${zero}, 'not seen yet', '');
          UPDATE journalDocuments SET written = changes;`);
      }
      using ledger = openLedger(file);
      const range = { fromMs: zero, toMs: zero + hour, nowMs: zero + hour, isRecording: false };
      assert.deepEqual(ledger.continuity.sum({ account: 'bach', camera: 'door' }, range).causes, [
        { cause: 'never connected', gaps: 1, missingMs: hour },
      ]);
      assert.equal(ledger.states.list()[0]?.state, 'never connected');
      assert.deepEqual(
        ledger.journal.changed().map((changed) => changed.day),
        [Math.floor(zero / day)],
      );
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('has notes in the bucket that still read well', () => {
    const note = { account: 'bach', camera: 'door', atMs: zero, state: 'not seen yet', detail: '' };
    assert.deepEqual(parseNotes(Buffer.from(`${JSON.stringify(note)}\n`)), [
      { ...note, state: 'never connected' },
    ]);
    assert.throws(() => parseNotes(Buffer.from(JSON.stringify({ ...note, state: 'bored' }))));
  });
});

describe('a ledger of the version before causes', () => {
  it('says that they are not known, and what it does know', () => {
    const directory = mkdtempSync(join(tmpdir(), 'cctv-before-causes-'));
    const file = join(directory, 'ledger.sqlite');
    try {
      {
        using database = new DatabaseSync(file);
        for (const step of migrations.slice(0, 3)) database.exec(step);
        const segment = (camera: number, startMs: number, state: string) =>
          `INSERT INTO segments (camera, startMs, durationMs, sha256, bytes, state) VALUES
             (${camera}, ${startMs}, ${minute}, x'${'ab'.repeat(32)}', 1, '${state}');`;
        database.exec(`
          PRAGMA application_id = ${0x43435456}; PRAGMA user_version = 3;
          INSERT INTO accounts VALUES (1, 'bach', 1000, NULL);
          INSERT INTO cameras
            (id, account, name, rtspPath, createdMs, removedMs, disabledMs, firstContactMs) VALUES
            (1, 1, 'door', '/', ${zero}, NULL, NULL, ${zero + minute}),
            (2, 1, 'fresh', '/', ${zero}, NULL, NULL, NULL),
            (3, 1, 'off', '/', ${zero}, NULL, ${zero + hour}, ${zero}),
            (4, 1, 'gone', '/', ${zero}, ${zero + hour}, NULL, ${zero}),
            (5, 1, 'foreign', '/', ${zero}, ${zero}, NULL, NULL);
          ${segment(1, zero + minute, 'stored')}
          ${segment(1, zero + 3 * minute, 'spooled')}
          ${segment(5, zero - hour, 'spooled')}`);
      }
      using ledger = openLedger(file);
      const range = { fromMs: 0, toMs: zero + day, nowMs: zero + 2 * hour, isRecording: false };
      const continuity = (camera: string) =>
        ledger.continuity.sum({ account: 'bach', camera }, range);
      const sums = (camera: string) => {
        const { fromMs, toMs, storedMs, spooledMs, causes: found } = continuity(camera);
        const missing = found.map(({ missingMs }) => missingMs);
        return [fromMs - zero, toMs - zero, storedMs, spooledMs, ...missing];
      };
      const causes = (camera: string) => continuity(camera).causes.map(({ cause }) => cause);
      assert.deepEqual(causes('door'), ['unexplained', 'never connected']);
      assert.deepEqual(sums('door'), [0, 2 * hour, minute, minute, 117 * minute, minute]);
      assert.deepEqual(causes('fresh'), ['never connected']);
      assert.deepEqual(causes('off'), ['disabled', 'unexplained', 'never connected']);
      assert.deepEqual(sums('gone').slice(0, 2), [0, hour]);
      assert.deepEqual(sums('foreign'), [-hour, minute - hour, 0, minute]);
      assert.equal(ledger.segments.inSpool().length, 2);
      ledger.runs.begin('1', zero + 2 * hour);
      assert.deepEqual(causes('door'), ['unexplained', 'never connected'], 'nothing is made up');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
