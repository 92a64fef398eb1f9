import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { openLedger } from '../../src/ledger/ledger.ts';
import { openDatabase } from '../../src/ledger/database.ts';
import { migrations } from '../../src/ledger/schema.ts';
import { keyNumber } from '../support/journaled-bucket.ts';
import { OperatorError } from '../../src/lib/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'cctv-database-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const bach = { account: 'bach', camera: 'front-door' };
const refused = (file: string, message: RegExp): void =>
  assert.throws(
    () => openLedger(file),
    (error) => error instanceof OperatorError && message.test(error.message),
  );

describe('the ledger’s file', () => {
  it('has had all migrations, once', () => {
    const file = join(directory, 'migrated');
    openLedger(file)[Symbol.dispose]();
    openLedger(file)[Symbol.dispose]();
    using database = new DatabaseSync(file);
    assert.equal(
      database.prepare('PRAGMA user_version').get()?.['user_version'],
      migrations.length,
    );
    assert.equal(database.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
  });

  it('of a newer version is refused and left as it is', () => {
    const file = join(directory, 'newer');
    openLedger(file)[Symbol.dispose]();
    {
      using database = new DatabaseSync(file);
      database.exec('PRAGMA user_version = 1000');
    }
    refused(file, /newer was written by a newer version .*schema is 1000.*Run the newer version/);
    using database = new DatabaseSync(file);
    assert.equal(database.prepare('PRAGMA user_version').get()?.['user_version'], 1000);
  });

  const next = [
    ...migrations,
    `ALTER TABLE cameras ADD COLUMN place TEXT; UPDATE cameras SET place = 'at ' || name;`,
  ];
  const version = (database: DatabaseSync) =>
    database.prepare('PRAGMA user_version').get()?.['user_version'];

  it('of an older version is kept beside the one that is brought up to date', () => {
    const file = join(directory, 'older');
    const kept = `older.schema-${migrations.length}`;
    {
      using ledger = openLedger(file);
      ledger.accounts.add('bach');
      ledger.cameras.add({ ...bach, key: keyNumber(1) });
    }
    for (let round = 0; round < 2; round += 1) {
      using database = openDatabase(file, next);
      assert.equal(version(database), next.length);
      assert.equal(database.prepare('SELECT place FROM cameras').get()?.['place'], 'at front-door');
    }
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.startsWith('older.')),
      [kept],
    );
    assert.equal(statSync(join(directory, kept)).mode & 0o777, 0o600);
    refused(file, /older was written by a newer version .*\.schema-…/);
    {
      using copy = new DatabaseSync(join(directory, kept));
      assert.equal(version(copy), migrations.length);
      assert.throws(() => copy.prepare('SELECT place FROM cameras'), /no such column/);
    }
    using before = openLedger(join(directory, kept));
    assert.equal(before.cameras.list().length, 1, 'the version before can go on with the copy');
  });

  it('stays as it was where a migration fails', () => {
    const file = join(directory, 'failing');
    openLedger(file)[Symbol.dispose]();
    assert.throws(
      () => openDatabase(file, [...next, 'CREATE TABLE again (id INTEGER); not SQL']),
      /could not be brought to schema/,
    );
    using database = new DatabaseSync(file);
    assert.equal(version(database), next.length, 'the steps before the one that failed are kept');
    assert.throws(() => database.prepare('SELECT * FROM again'), /no such table/);
  });

  it('of another program is refused', () => {
    const file = join(directory, 'foreign');
    {
      using database = new DatabaseSync(file);
      database.exec('CREATE TABLE songs (title TEXT)');
    }
    refused(file, /database of another program/);
  });

  it('that is no database, or damaged inside, is refused with what to do', () => {
    const noise = join(directory, 'noise');
    writeFileSync(noise, 'not a database at all '.repeat(500));
    refused(
      noise,
      /ledger .*noise is damaged .*cctv ledger rebuild --replace .*restore the file from a backup/,
    );

    const damaged = join(directory, 'damaged');
    {
      using ledger = openLedger(damaged);
      ledger.accounts.add('bach');
      for (let n = 0; n < 2000; n += 1) {
        ledger.segments.spooled({
          ...bach,
          startMs: n,
          durationMs: 1,
          bytes: 1,
          sha256: 'ab'.repeat(32),
        });
      }
    }
    const bytes = readFileSync(damaged);
    bytes.fill(0x5a, 40_000, 80_000);
    writeFileSync(damaged, bytes);
    refused(damaged, /damaged is damaged/);
  });

  it('that can’t be opened is named', () => {
    const file = join(directory, 'a-directory');
    mkdirSync(file);
    refused(file, /ledger .*a-directory can't be opened/);
    refused(join(directory, 'noise', 'ledger'), /can't be opened: ENOTDIR|can't be opened: EEXIST/);
  });

  it('can be read by another connection while it is written', () => {
    const file = join(directory, 'shared');
    using ledger = openLedger(file);
    ledger.accounts.add('bach');
    using reader = new DatabaseSync(file, { readOnly: true });
    reader.exec('BEGIN');
    const count = () => reader.prepare('SELECT count(*) AS n FROM segments').get()?.['n'];
    assert.equal(count(), 0);
    ledger.segments.spooled({
      ...bach,
      startMs: 1,
      durationMs: 1,
      bytes: 1,
      sha256: 'ab'.repeat(32),
    });
    assert.equal(count(), 0, 'a reader sees the state in which it began');
    reader.exec('COMMIT');
    assert.equal(count(), 1);
  });

  it('holds all that was acknowledged before a kill -9', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 3; round += 1) {
      const file = join(directory, `killed-${round}`);
      const writer = spawn(
        process.execPath,
        [join(import.meta.dirname, 'endless-writer.ts'), file],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let acknowledged = 0;
      for await (const line of createInterface({ input: writer.stdout })) {
        acknowledged = Number(line);
        if (acknowledged >= 50 + round * 37) writer.kill('SIGKILL');
      }
      if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
      assert.equal(writer.signalCode, 'SIGKILL');
      using ledger = openLedger(file);
      const found = ledger.segments.list(bach, { fromMs: 0, toMs: 1e12, limit: 100_000 });
      const stored = found.filter(({ state }) => state === 'stored').length;
      assert.ok(stored >= acknowledged, `${stored} of ${acknowledged}`);
      assert.equal(ledger.cameras.find(bach)?.totals.stored.segments, stored);
      assert.equal(ledger.cameras.find(bach)?.totals.spooled.segments, found.length - stored);
    }
  });
});
