import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describeError, OperatorError } from '../lib/errors.ts';
import { migrations } from './schema.ts';

// "CCTV" in ASCII: tells a ledger from other programs' databases (sqlite.org/pragma.html#pragma_application_id).
const applicationId = 0x43435456;

// Result codes of SQLite (sqlite.org/rescode.html).
const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteCantOpen = 14;
const sqliteNotADatabase = 26;

/** Checking takes a second for each few hundred MB; a larger file is taken as it is. */
const checkedBytes = 256 * 1024 * 1024;

/**
 * Opens the ledger's database and brings it to the present schema; what it was before that is kept
 * beside it, as FILE.schema-N. A new file is readable by its owner only, in a directory likewise,
 * since it holds the RTSP passwords of cameras.
 *
 * @param steps the migrations, of which a new file gets all
 * @throws {OperatorError} if it is damaged, of a newer version, or no ledger
 */
export function openDatabase(file: string, steps: readonly string[] = migrations): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    createPrivately(file);
    database = new DatabaseSync(file, { timeout: 5_000, enableForeignKeyConstraints: true });
    // FULL: what was said to be stored is so after a power cut, and the spool's copy may go.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    check(database, file, steps.length);
    migrate(database, file, steps);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof OperatorError ? error : inWords(file, error);
  }
}

function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // SQLite gives its -wal and -shm files the mode of the database itself.
  if (!existsSync(file)) writeFileSync(file, '', { mode: 0o600, flag: 'wx' });
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
}

export function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

function check(database: DatabaseSync, file: string, known: number): void {
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get();
  if (tables?.['count'] !== 0 && pragma(database, 'application_id') !== applicationId) {
    throw new OperatorError(
      `${file} is a database of another program, not a ledger. Set ledgerFile to a file of its own.`,
    );
  }
  const version = Number(pragma(database, 'user_version'));
  if (version > known) {
    throw new OperatorError(
      `The ledger ${file} was written by a newer version of this program (its schema is ${version}, this program knows ${known}). Run the newer version, or put the copy from before the upgrade in its place, of all that are beside it: ${copyBefore(file, '…')}.`,
    );
  }
  if (statSync(file).size > checkedBytes) return;
  const fault = pragma(database, 'quick_check(1)');
  if (fault !== 'ok') throw damaged(file, fault);
}

function migrate(database: DatabaseSync, file: string, steps: readonly string[]): void {
  const version = Number(pragma(database, 'user_version'));
  if (version > 0 && version < steps.length) keepCopy(database, copyBefore(file, version));
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(step);
      database.exec(
        `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${index + 1};`,
      );
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw new Error(`the ledger ${file} could not be brought to schema ${index + 1}`, {
        cause: error,
      });
    }
  }
}

/** Where a ledger of a schema lies once a newer version of this program has changed it. */
const copyBefore = (file: string, version: number | string): string => `${file}.schema-${version}`;

/** A whole copy, for going back to the version of this program that wrote it. */
function keepCopy(database: DatabaseSync, copy: string): void {
  const unfinished = `${copy}.new`;
  rmSync(unfinished, { force: true });
  // As an empty file, so that it is for its owner only from the start.
  writeFileSync(unfinished, '', { mode: 0o600, flag: 'wx' });
  database.prepare('VACUUM INTO ?').run(unfinished);
  sync(unfinished);
  renameSync(unfinished, copy);
  sync(dirname(copy));
}

/** Makes a file, or the names in a directory, last beyond a power cut. */
function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const damaged = (file: string, cause: unknown): OperatorError =>
  new OperatorError(
    `The ledger ${file} is damaged (${describeError(cause)}). Footage in the bucket and in the spool is not touched by that. Restore the file from a backup; or move it away, with ${file}-wal and ${file}-shm, to begin an empty one and add accounts and cameras again.`,
    { cause },
  );

/** What the operator can do about an error of SQLite or of the file system. */
function inWords(file: string, error: unknown): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  if (code === sqliteCorrupt || code === sqliteNotADatabase) return damaged(file, error);
  if (code === sqliteFull) {
    return new OperatorError(`There is no room on the disk for the ledger ${file}. Make some.`, {
      cause: error,
    });
  }
  if (code === sqliteCantOpen || (error instanceof Error && 'syscall' in error)) {
    return new OperatorError(
      `The ledger ${file} can't be opened: ${describeError(error)}. Its directory must belong to the user that the daemon runs as.`,
      { cause: error },
    );
  }
  return error;
}

/** Runs `change` as a whole or not at all. */
export function transaction<T>(database: DatabaseSync, change: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = change();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
