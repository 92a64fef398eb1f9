import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describeError, errorCode } from '../lib/errors.ts';
import { pragma } from '../ledger/database.ts';
import { migrations } from '../ledger/schema.ts';
import type { Findings } from './finding.ts';

/** Larger ledgers are not checked, since quick_check reads only some hundred megabytes a second. */
const checkedBytes = 2 * 1024 ** 3;

/**
 * Checks the ledger while the daemon may be writing to it.
 *
 * @param copy what to read instead, where the daemon lets nobody else read it
 */
export function checkLedger(file: string, copy: string | undefined, found: Findings): void {
  let bytes: number;
  try {
    ({ size: bytes } = statSync(file));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      found.warning(`There is no ledger ${file} yet`, 'The daemon makes it when it first starts');
    } else found.unseen(`The ledger ${file}: ${describeError(error)}`, 'Run it with sudo');
    return;
  }
  try {
    using database = open(copy ?? file);
    const version = Number(pragma(database, 'user_version'));
    if (version > migrations.length) {
      found.problem(
        `The ledger is of schema ${version}, and this version knows ${migrations.length}`,
        'Run the version that wrote it, or restore the ledger from before the upgrade',
      );
    } else found.ok(`The ledger is of schema ${version}, ${Math.round(bytes / 1e6)} MB`);
    if (bytes > checkedBytes) {
      found.unseen(
        `Whether the ledger is whole: it is large`,
        `Check it while the daemon is stopped: sqlite3 -readonly ${file} 'PRAGMA quick_check'`,
      );
      return;
    }
    const fault = pragma(database, 'quick_check(1)');
    if (fault === 'ok') found.ok('The ledger is whole');
    else found.problem(`The ledger is damaged: ${String(fault)}`, rebuildAdvice);
  } catch (error) {
    found.problem(`The ledger ${file} can't be read: ${describeError(error)}`, rebuildAdvice);
  }
}

/** A disposable read-only connection. */
export function open(file: string): DatabaseSync & Disposable {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  return Object.assign(database, { [Symbol.dispose]: () => database.close() });
}

const rebuildAdvice =
  'Check the disk (dmesg), and make the ledger anew from the bucket: cctv ledger rebuild --help';
