import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { DuplicateError, UnknownNameError } from '../../src/model/errors.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import type { SegmentRecord } from '../../src/model/segment.ts';
import type { PublicKey } from '../../src/model/public-key.ts';
import { OperatorError } from '../../src/lib/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'cctv-ledger-'));
after(() => rmSync(directory, { recursive: true, force: true }));

let count = 0;
const newFile = (): string => join(directory, `${++count}`, 'ledger.sqlite');

function keyNumber(n: number): PublicKey {
  return {
    algorithm: 'ssh-ed25519',
    blob: Buffer.from(`blob ${n}`),
    fingerprint: `SHA256:${n}`,
    comment: `key ${n}`,
  };
}

const frontDoor = { account: 'bach', camera: 'front-door' };
const all = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 1000 };

function withFrontDoor(file = newFile()): Ledger {
  const ledger = openLedger(file);
  ledger.accounts.add('bach');
  ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
  return ledger;
}

const segmentAt = (startMs: number, digit = 'a', name = frontDoor): SegmentRecord => ({
  ...name,
  startMs,
  durationMs: 60_000,
  bytes: 1000,
  sha256: digit.repeat(64),
});

describe('the ledger', () => {
  it('keeps accounts, cameras and keys across openings', () => {
    const file = newFile();
    {
      using ledger = openLedger(file);
      ledger.accounts.add('bach');
      ledger.accounts.add('albers');
      ledger.cameras.add({
        ...frontDoor,
        key: keyNumber(1),
        rtspPath: '/live',
        rtspUser: 'admin',
        rtspPassword: 'pw',
        profile: 'copy',
      });
      ledger.cameras.add({ account: 'bach', camera: 'attic', key: keyNumber(2) });
    }
    using ledger = openLedger(file);
    assert.deepEqual(
      ledger.accounts.list().map(({ name, cameras }) => [name, cameras]),
      [
        ['albers', 0],
        ['bach', 2],
      ],
    );
    const [attic, door] = ledger.cameras.list('bach');
    assert.equal(attic?.camera, 'attic');
    assert.equal(attic.rtspPath, '/unicast');
    assert.ok(!('rtspUser' in attic) && !('profile' in attic));
    assert.deepEqual(
      [door?.rtspPath, door?.rtspUser, door?.rtspPassword, door?.profile],
      ['/live', 'admin', 'pw', 'copy'],
    );
    assert.equal(door?.keys[0]?.fingerprint, 'SHA256:1');
    assert.deepEqual(door?.totals, {
      stored: { segments: 0, bytes: 0, durationMs: 0 },
      spooled: { segments: 0, bytes: 0, durationMs: 0 },
    });
  });

  it('is for its owner only, with its directory and its write-ahead log', () => {
    const file = newFile();
    using _ledger = withFrontDoor(file);
    assert.equal(statSync(join(file, '..')).mode & 0o777, 0o700);
    for (const suffix of ['', '-wal', '-shm']) {
      assert.equal(statSync(file + suffix).mode & 0o777, 0o600, suffix);
    }
  });

  it('finds a camera by its key, and by no other', () => {
    using ledger = withFrontDoor();
    const known = { ...frontDoor, disabled: false, formerNames: [], formerAccounts: [] };
    assert.deepEqual(ledger.keys.ownerOf(keyNumber(1)), known);
    assert.equal(ledger.keys.ownerOf(keyNumber(2)), undefined);
    assert.equal(ledger.keys.ownerOf({ ...keyNumber(1), algorithm: 'ssh-rsa' }), undefined);
  });

  it('refuses names and keys that are taken, and says by whom', () => {
    using ledger = withFrontDoor();
    const taken = (change: () => unknown, message: RegExp) =>
      assert.throws(
        change,
        (error) => error instanceof DuplicateError && message.test(error.message),
      );
    taken(() => ledger.accounts.add('bach'), /There is an account bach already/);
    taken(
      () => ledger.cameras.add({ ...frontDoor, key: keyNumber(2) }),
      /camera bach\/front-door already/,
    );
    taken(
      () => ledger.cameras.add({ account: 'bach', camera: 'attic', key: keyNumber(1) }),
      /key SHA256:1 is that of bach\/front-door already/,
    );
    assert.equal(ledger.cameras.list().length, 1, 'a refused camera leaves nothing');
  });

  it('refuses unknown names with a hint, and names that are no labels', () => {
    using ledger = withFrontDoor();
    const unknown = (change: () => unknown, message: RegExp) =>
      assert.throws(
        change,
        (error) => error instanceof UnknownNameError && message.test(error.message),
      );
    unknown(() => ledger.cameras.list('bahc'), /no account bahc\. Did you mean bach\?/);
    unknown(() => ledger.cameras.list('vermeer'), /no account vermeer\. There is: bach\./);
    unknown(
      () => ledger.cameras.remove({ account: 'bach', camera: 'frontdoor' }),
      /Did you mean bach\/front-door\?/,
    );
    unknown(() => ledger.segments.list({ account: 'bach', camera: 'x' }, all), /no camera bach\/x/);
    for (const name of ['', 'Bach', '../x', 'a.b', 'x'.repeat(64)]) {
      assert.throws(() => ledger.accounts.add(name), OperatorError, name);
      assert.throws(
        () => ledger.cameras.add({ account: 'bach', camera: name, key: keyNumber(9) }),
        OperatorError,
        name,
      );
    }
  });

  it('removes a camera with its keys and password, and keeps its footage for a later one of the name', () => {
    const file = newFile();
    using ledger = openLedger(file);
    ledger.accounts.add('bach');
    ledger.cameras.add({ ...frontDoor, key: keyNumber(1), rtspUser: 'u', rtspPassword: 'pw' });
    ledger.segments.stored(segmentAt(1_000_000), { key: 'k' });
    ledger.cameras.remove(frontDoor);
    assert.equal(ledger.keys.ownerOf(keyNumber(1)), undefined);
    assert.equal(ledger.cameras.find(frontDoor), undefined);
    assert.deepEqual(ledger.cameras.list(), []);
    assert.equal(ledger.accounts.list()[0]?.cameras, 0);
    assert.equal(ledger.segments.list(frontDoor, all).length, 1);
    assert.throws(() => ledger.cameras.remove(frontDoor), UnknownNameError);
    using database = new DatabaseSync(file, { readOnly: true });
    assert.equal(
      database.prepare('SELECT rtspPassword FROM cameras').get()?.['rtspPassword'],
      null,
    );

    ledger.cameras.add({ account: 'bach', camera: 'attic', key: keyNumber(1) });
    const again = ledger.cameras.add({ ...frontDoor, key: keyNumber(2) });
    assert.equal(again.totals.stored.segments, 1);
    assert.equal(again.rtspPassword, undefined);
  });
});

describe('segments', () => {
  it('are one row each, however often they are noted, and never go back from stored', () => {
    using ledger = withFrontDoor();
    const segment = segmentAt(1_000_000);
    ledger.segments.spooled(segment);
    ledger.segments.spooled(segment);
    assert.deepEqual(ledger.segments.list(frontDoor, all), [{ ...segment, state: 'spooled' }]);
    ledger.segments.stored(segment, { key: 'k', checksum: 'sha256', etag: '"e"' });
    ledger.segments.stored(segment, { key: 'k', checksum: 'sha256', etag: '"e"' });
    ledger.segments.spooled(segment);
    const [row, ...others] = ledger.segments.list(frontDoor, all);
    assert.deepEqual(others, []);
    assert.ok(row?.storedMs !== undefined && row.storedMs <= Date.now());
    assert.deepEqual(row, {
      ...segment,
      state: 'stored',
      objectKey: 'k',
      checksum: 'sha256',
      etag: '"e"',
      storedMs: row.storedMs,
    });
    assert.deepEqual(ledger.cameras.find(frontDoor)?.totals, {
      stored: { segments: 1, bytes: 1000, durationMs: 60_000 },
      spooled: { segments: 0, bytes: 0, durationMs: 0 },
      newestEndMs: 1_060_000,
    });
  });

  it('are counted as they move, also those stored without having been noted as spooled', () => {
    using ledger = withFrontDoor();
    for (let n = 0; n < 10; n += 1) ledger.segments.spooled(segmentAt(n * 60_000));
    for (let n = 0; n < 4; n += 1) ledger.segments.stored(segmentAt(n * 60_000), { key: `${n}` });
    ledger.segments.stored(segmentAt(600_000, 'b'), { key: 'other' });
    assert.deepEqual(ledger.cameras.find(frontDoor)?.totals, {
      stored: { segments: 5, bytes: 5000, durationMs: 300_000 },
      spooled: { segments: 6, bytes: 6000, durationMs: 360_000 },
      newestEndMs: 660_000,
    });
  });

  it('of cameras that nobody added are kept, and don’t make the camera or its account known', () => {
    using ledger = withFrontDoor();
    const foreign = { account: 'vermeer', camera: 'studio' };
    const removed = { account: 'bach', camera: 'cellar' };
    ledger.segments.spooled(segmentAt(0, 'a', foreign));
    ledger.segments.spooled(segmentAt(0, 'a', removed));
    ledger.segments.stored(segmentAt(0, 'a', foreign), { key: 'k' });
    assert.deepEqual(
      ledger.accounts.list().map(({ name, cameras }) => [name, cameras]),
      [['bach', 1]],
    );
    assert.equal(ledger.cameras.list().length, 1);
    assert.equal(ledger.segments.list(foreign, all)[0]?.state, 'stored');
    assert.equal(ledger.segments.list(removed, all).length, 1);
    ledger.accounts.add('vermeer');
    ledger.cameras.add({ ...foreign, key: keyNumber(7) });
    assert.equal(ledger.cameras.find(foreign)?.totals.stored.segments, 1);
  });

  it('are listed if they overlap the range, in pages that miss and repeat nothing', () => {
    using ledger = withFrontDoor();
    for (let n = 0; n < 20; n += 1) {
      ledger.segments.spooled(segmentAt(n * 60_000, 'b'));
      ledger.segments.spooled(segmentAt(n * 60_000, 'a'));
    }
    const starts = (fromMs: number, toMs: number) =>
      ledger.segments
        .list(frontDoor, { fromMs, toMs, limit: 100 })
        .map(({ startMs }) => startMs / 60_000);
    assert.deepEqual(starts(90_000, 180_000), [1, 1, 2, 2]);
    assert.deepEqual(starts(60_000, 60_001), [1, 1]);
    assert.deepEqual(starts(1_200_000, 2_000_000), []);
    const seen: string[] = [];
    for (let page = ledger.segments.list(frontDoor, { ...all, limit: 3 }); page.length > 0; ) {
      seen.push(...page.map(({ startMs, sha256 }) => `${startMs} ${sha256}`));
      const last = page.at(-1);
      assert.ok(last);
      page = ledger.segments.list(frontDoor, { ...all, limit: 3, after: last });
    }
    assert.equal(seen.length, 40);
    assert.equal(new Set(seen).size, 40);
  });
});
