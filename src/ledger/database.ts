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
import { describeError, isSqliteError, OperatorError } from '../lib/errors.ts';
import { migrations } from './schema.ts';

// "CCTV" in ASCII: tells a ledger from other programs' databases (sqlite.org/pragma.html#pragma_application_id).
const applicationId = 0x43435456;

// Result codes of SQLite (sqlite.org/rescode.html).
const sqliteBusy = 5;
const sqliteCorrupt = 11;
const sqliteFull = 13;
const sqliteCantOpen = 14;
const sqliteNotADatabase = 26;

/** How long one write may wait for another process that has the ledger open, too. */
const sharedWaitMs = 500;

/** The ledger's file is no whole database any more. */
export class LedgerDamagedError extends OperatorError {
  override name = 'LedgerDamagedError';
}

export interface OpenOptions {
  /**
   * Whether no other process may use the ledger until it is closed. A process that locked it would
   * hold up all that the daemon does. Where another process has it open already, it is shared.
   */
  readonly alone?: boolean;
}

/** Larger files are not checked at the start, since that takes a second for each few hundred MB. */
const checkedBytes = 256 * 1024 * 1024;

/**
 * Opens the ledger's database and migrates it to the present schema, after copying it to FILE.schema-N.
 * A new file and its directory are private to their owner, since the ledger has the RTSP passwords of
 * cameras.
 *
 * @param steps all migrations
 * @throws {LedgerDamagedError} the file is damaged
 * @throws {OperatorError} it is in use, of a newer version, or no ledger
 */
export function openDatabase(
  file: string,
  steps: readonly string[] = migrations,
  { alone = false }: OpenOptions = {},
): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    createPrivately(file);
    database = alone ? connectAlone(file) : connect(file, false);
    check(database, file, steps.length);
    migrate(database, file, steps);
    return database;
  } catch (error) {
    database?.close();
    throw error instanceof OperatorError ? error : inWords(file, error);
  }
}

/** A ledger that another process reads is better shared than not opened: footage has to be noted. */
function connectAlone(file: string): DatabaseSync {
  try {
    return connect(file, true);
  } catch (error) {
    if (resultCode(error) !== sqliteBusy) throw error;
    const database = connect(file, false);
    database.exec(`PRAGMA busy_timeout = ${sharedWaitMs}`);
    return database;
  }
}

function connect(file: string, alone: boolean): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5_000, enableForeignKeyConstraints: true });
  try {
    // Must come before the file is first read, else the lock is not taken at once.
    if (alone) database.exec('PRAGMA locking_mode = EXCLUSIVE');
    // FULL: a segment noted as stored survives a power cut, so the spool's copy can be deleted.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  // SQLite gives its -wal and -shm files the mode of the database.
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

/** The copy of a ledger from before its migration from schema `version`. */
const copyBefore = (file: string, version: number | string): string => `${file}.schema-${version}`;

/** Copies the ledger, for a return to the version of this program that wrote it. */
function keepCopy(database: DatabaseSync, copy: string): void {
  const unfinished = `${copy}.new`;
  rmSync(unfinished, { force: true });
  // Created empty, so that the copy is private from the start.
  writeFileSync(unfinished, '', { mode: 0o600, flag: 'wx' });
  database.prepare('VACUUM INTO ?').run(unfinished);
  sync(unfinished);
  renameSync(unfinished, copy);
  sync(dirname(copy));
}

/** Makes a file, or the names in a directory, survive a power cut. */
function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const damaged = (file: string, cause: unknown): LedgerDamagedError =>
  new LedgerDamagedError(
    `The ledger ${file} is damaged (${describeError(cause)}). Footage in the bucket and in the spool is not touched by that. Make the ledger anew from the bucket: cctv ledger rebuild --replace (it keeps the damaged file). Or restore the file from a backup.`,
    { cause },
  );

/** The result code of an error of SQLite; 0 for other errors. */
export const resultCode = (error: unknown): number =>
  isSqliteError(error) ? Number(error.errcode) & 0xff : 0;

/** Whether an error of SQLite says that the file is damaged. */
export const isDamage = (error: unknown): boolean =>
  [sqliteCorrupt, sqliteNotADatabase].includes(resultCode(error));

/** Turns an error of SQLite or of the file system into advice for the operator, if possible. */
export function inWords(file: string, error: unknown): unknown {
  const code = resultCode(error);
  if (isDamage(error)) return damaged(file, error);
  if (code === sqliteBusy) {
    return new OperatorError(
      `The ledger ${file} is in use by another process, probably a daemon (see: fuser -v ${file}). Stop that one, or give this one a ledger of its own (ledgerFile).`,
      { cause: error },
    );
  }
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
  if (code !== 0) {
    return new OperatorError(
      `The ledger ${file} can't be used: ${describeError(error)}. If the file is to blame: cctv ledger rebuild --replace makes it anew from the bucket.`,
      { cause: error },
    );
  }
  return error;
}

/** Runs `change` in a transaction; rolls back if it throws. */
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
