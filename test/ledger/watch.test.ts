import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { LedgerDamagedError } from '../../src/ledger/database.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { keyNumber } from '../support/journaled-bucket.ts';
import { frontDoor, temporaryDirectory } from '../support/segments.ts';

const alone = { alone: true };
const names = (ledger: Ledger): string[] => ledger.accounts.list().map(({ name }) => name);

/** A ledger as the daemon has it open, with an account. */
async function opened() {
  const directory = await temporaryDirectory();
  const file = join(directory.path, 'ledger', 'ledger.sqlite');
  const ledger = openLedger(file, alone);
  ledger.accounts.add('bach');
  await ledger.watch.look();
  assert.equal(ledger.watch.problem, undefined);
  const close = async (): Promise<void> => {
    await ledger.watch.end();
    ledger[Symbol.dispose]();
  };
  return { file, ledger, close, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

/** Runs SQL as another process would. */
const inAnotherProcess = (file: string, sql: string) =>
  execa(process.execPath, [
    '-e',
    `new (require('node:sqlite').DatabaseSync)(process.argv[1]).exec(process.argv[2])`,
    file,
    sql,
  ]);

describe('a ledger that the daemon has open', () => {
  it('can be locked by no other process, nor opened by another daemon', async () => {
    await using test = await opened();
    for (const sql of ['BEGIN EXCLUSIVE', 'BEGIN IMMEDIATE', 'SELECT * FROM accounts']) {
      await assert.rejects(inAnotherProcess(test.file, sql), /database is locked/);
    }
    test.ledger.accounts.add('vermeer');
    assert.throws(
      () => openLedger(test.file, alone),
      (error) =>
        error instanceof OperatorError && /is in use by another process/.test(error.message),
    );
    await test.close();
    openLedger(test.file, alone)[Symbol.dispose]();
  });

  it('is shared where somebody reads it already, and waits but a moment for him', async () => {
    await using test = await opened();
    await test.close();
    using reader = new DatabaseSync(test.file);
    reader.exec('BEGIN; SELECT * FROM accounts');
    using ledger = openLedger(test.file, alone);
    ledger.accounts.add('vermeer');
    reader.exec('COMMIT; BEGIN IMMEDIATE');
    const startedAt = performance.now();
    assert.throws(() => ledger.accounts.add('monet'), /locked/);
    assert.ok(performance.now() - startedAt < 3_000, 'it held up all else');
    assert.match(ledger.watch.problem ?? '', /can't be written: another process has locked it/);
    reader.exec('COMMIT');
    ledger.accounts.add('monet');
    assert.equal(ledger.watch.problem, undefined);
  });

  it('gives a copy of all that is noted', async () => {
    await using test = await opened();
    await using file = await test.ledger.watch.copy();
    const path = join(test.file, '..', 'copy');
    writeFileSync(path, await file.readFile());
    using copy = openLedger(path);
    assert.deepEqual(names(copy), ['bach']);
    await test.close();
  });
});

describe('a ledger whose file', () => {
  for (const [what, remove] of [
    [
      'is deleted',
      (file: string) => {
        rmSync(file);
        rmSync(`${file}-wal`);
      },
    ],
    ['has lost its write-ahead log', (file: string) => rmSync(`${file}-wal`)],
  ] as const) {
    it(`${what} is told of, and no note is lost`, async () => {
      await using test = await opened();
      remove(test.file);
      await test.ledger.watch.look();
      test.ledger.accounts.add('vermeer');
      await test.ledger.watch.look();
      assert.match(
        test.ledger.watch.problem ?? '',
        /ledger\.sqlite(-wal)? was deleted while the daemon works on it\. .* restart the daemon soon/,
      );
      test.ledger.accounts.add('monet');
      await test.close();
      assert.equal(statSync(test.file).mode & 0o077, 0);
      using again = openLedger(test.file);
      assert.deepEqual(names(again), ['bach', 'monet', 'vermeer']);
    });
  }

  it('was replaced is told of, and saved beside the other', async () => {
    await using test = await opened();
    const other = `${test.file}.other`;
    openLedger(other)[Symbol.dispose]();
    renameSync(other, test.file);
    await test.ledger.watch.look();
    assert.match(test.ledger.watch.problem ?? '', /was replaced .* saved again as .*\.saved/);
    await test.close();
    using saved = openLedger(`${test.file}.saved`);
    assert.deepEqual(names(saved), ['bach']);
  });

  it('is damaged is told of, with what to do, as it is when it is opened', async () => {
    await using test = await opened();
    for (let n = 0; n < 300; n += 1) {
      test.ledger.cameras.add({ ...frontDoor, camera: `c-${n}`, key: keyNumber(n) });
    }
    // The write-ahead log goes into the file, which is then read through from the disk.
    await test.close();
    const ledger = openLedger(test.file, alone);
    const bytes = readFileSync(test.file);
    for (let page = 5; page < bytes.length / 4096; page += 1)
      bytes.fill(0xff, page * 4096, page * 4096 + 100);
    writeFileSync(test.file, bytes);
    await ledger.watch.check();
    assert.match(
      ledger.watch.problem ?? '',
      /ledger\.sqlite is damaged \(.*cctv ledger rebuild --replace/,
    );
    ledger[Symbol.dispose]();
    assert.throws(
      () => openLedger(test.file, alone),
      (error) =>
        error instanceof LedgerDamagedError &&
        /ledger\.sqlite is damaged .*cctv ledger rebuild --replace/.test(error.message),
    );
  });

  it('lies on a disk that is full or read-only is told of, until it can be written', async () => {
    await using directory = await temporaryDirectory();
    const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--mount'];
    const script = 'mount -t tmpfs -o size=24m tmpfs "$2" && exec "$0" "$1" "$2"';
    const program = join(import.meta.dirname, 'unwritable-inside.ts');
    const inside = ['sh', '-c', script, process.execPath, program, directory.path];
    const { stdout } = await execa('unshare', [...namespace, '--', ...inside], { timeout: 60_000 });
    const [atFirst, full, again, readOnly, atLast] = stdout.split('\n');
    assert.match(full ?? '', /can't be written: its disk is full; make room/);
    assert.match(readOnly ?? '', /can't be written: its file system is read-only/);
    assert.deepEqual([atFirst, again, atLast], ['well', 'well', 'well']);
  });
});
