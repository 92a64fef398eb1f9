import { type BigIntStats, constants } from 'node:fs';
import { randomBytes } from 'node:crypto';
import {
  access,
  type FileHandle,
  open,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { backup, type DatabaseSync, type StatementSync } from 'node:sqlite';
import { describeError, errorCode } from '../lib/errors.ts';
import { isDamage, pragma, resultCode } from './database.ts';

// Result codes of SQLite (sqlite.org/rescode.html) that say something of the file, not of the query.
const ofTheFile = new Map([
  [5, 'another process has locked it'],
  [8, 'it is read-only'],
  [10, 'the disk reports an error; check it (dmesg)'],
  [13, 'its disk is full; make room'],
  [14, 'it or its directory can not be opened'],
]);

/** A larger ledger is not read through while the daemon works: that takes too long at a time. */
const checkedBytes = 64 * 1024 * 1024;
const checkEachMs = 5 * 60_000;
const saveEachMs = 60_000;
const leastFreeBytes = 1024 * 1024;
const pagesAtOnce = 500;
const rebuildAdvice =
  'Stop the daemon and make the ledger anew from the bucket: cctv ledger rebuild --replace';

/**
 * Watches the ledger's file while the daemon works on it: whether it is still there, whole, and can be
 * written. SQLite itself goes on with a deleted file, and all that it writes there is lost.
 */
export class LedgerWatch {
  readonly #file: string;
  readonly #database: DatabaseSync;
  /** The files as they were opened, by path. */
  readonly #known = new Map<string, { readonly dev: bigint; readonly ino: bigint }>();
  #damage: string | undefined;
  #writing: string | undefined;
  #missing: string | undefined;
  /** What was found missing first. */
  #gone: string | undefined;
  #unfit: string | undefined;
  #checkedAt = performance.now();
  #savedAt = Number.NEGATIVE_INFINITY;
  #copying: Promise<void> | undefined;
  /** Whether the file under the ledger's name is one that we saved. */
  #isOurs = false;

  constructor(file: string, database: DatabaseSync) {
    this.#file = file;
    this.#database = database;
    instrument(database, {
      failed: (error) => this.#failed(error),
      written: () => (this.#writing = undefined),
    });
  }

  /** What is wrong with the file, and what to do: a sentence or two. Undefined if nothing is. */
  get problem(): string | undefined {
    if (this.#damage !== undefined) {
      return `the ledger ${this.#file} is damaged (${this.#damage}). ${rebuildAdvice}`;
    }
    if (this.#missing !== undefined) return this.#missing;
    const trouble = this.#writing ?? this.#unfit;
    return (
      trouble &&
      `the ledger ${this.#file} can't be written: ${trouble}. Recording goes on meanwhile`
    );
  }

  /** Looks at the files, and reads a small ledger through now and then. Never rejects. */
  async look(): Promise<void> {
    this.#unfit = await this.#whyUnfit();
    const gone = await this.#whyMissing();
    if (gone === undefined) this.#missing = this.#gone = undefined;
    else await this.#keep(gone);
    if (performance.now() - this.#checkedAt < checkEachMs) return;
    this.#checkedAt = performance.now();
    await this.check();
  }

  /** Reads a ledger that is not large through. */
  async check(): Promise<void> {
    const { size } = await stat(this.#file).catch(() => ({ size: Infinity }));
    if (size > checkedBytes) return;
    try {
      // Pages that are kept in memory would hide what has become of the file.
      this.#database.exec('PRAGMA shrink_memory');
      const fault = pragma(this.#database, 'quick_check(1)');
      if (fault !== 'ok') this.#damage = String(fault).replaceAll(/\s+/g, ' ');
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Gives a copy of the ledger as it is now, in an open file without a name. */
  async copy(): Promise<FileHandle> {
    const path = `${this.#file}.copy-${randomBytes(6).toString('hex')}`;
    try {
      await this.#copyTo(path);
      return await open(path, 'r');
    } finally {
      await rm(path, { force: true });
    }
  }

  /** Queries go on meanwhile. */
  async #copyTo(path: string): Promise<void> {
    // Two at a time would hold up queries twice as long.
    while (this.#copying !== undefined) await this.#copying;
    // Created empty, so that the copy is private from the start.
    await writeFile(path, '', { mode: 0o600, flag: 'wx' });
    const copying = backup(this.#database, path, { rate: pagesAtOnce }).then(() => {});
    this.#copying = copying.catch(() => {}).finally(() => (this.#copying = undefined));
    await copying;
  }

  /** Before the ledger is closed: saves it once more, if its file is not where it was. */
  async end(): Promise<void> {
    this.#savedAt = Number.NEGATIVE_INFINITY;
    const gone = await this.#whyMissing();
    if (gone !== undefined) await this.#keep(gone);
  }

  async #whyUnfit(): Promise<string | undefined> {
    try {
      await access(this.#file, constants.R_OK | constants.W_OK);
      const { bavail, bsize } = await statfs(this.#file);
      return bavail * bsize < leastFreeBytes ? 'its disk is full; make room' : undefined;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT') return undefined;
      if (code === 'EROFS') return 'its file system is read-only; check it (dmesg)';
      if (code === 'EACCES') return 'it is read-only for the daemon; mend its owner and mode';
      return describeError(error);
    }
  }

  async #whyMissing(): Promise<string | undefined> {
    for (const path of [this.#file, `${this.#file}-wal`]) {
      const now = await stat(path, { bigint: true }).catch((error: unknown) => error);
      const known = this.#known.get(path);
      // Whether it is there can't be told, which is no reason to think that it is not.
      if (now instanceof Error && errorCode(now) !== 'ENOENT') continue;
      // The write-ahead log begins with the first write.
      if (known === undefined) {
        if (isStats(now)) this.#known.set(path, { dev: now.dev, ino: now.ino });
      } else if (!isStats(now)) return `${path} was deleted`;
      else if (now.dev !== known.dev || now.ino !== known.ino) return `${path} was replaced`;
    }
    return undefined;
  }

  /** Keeps what is noted in spite of a file that is gone. */
  async #keep(gone: string): Promise<void> {
    // A file that we save makes the next look say something else.
    this.#gone ??= gone;
    if (this.#gone.startsWith(`${this.#file}-wal`)) this.#checkpoint(this.#gone);
    else await this.#save(this.#gone);
  }

  /** Writes what is noted into the ledger's file itself, where a next process finds it. */
  #checkpoint(gone: string): void {
    try {
      this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // Told of already, by the watched call.
    }
    this.#missing = `${gone} while the daemon works on it. What is noted is written into ${this.#file} every few seconds: restart the daemon soon`;
  }

  /**
   * Saves what the open database has: under the ledger's name if that is free, else beside it. The
   * notes after the last save are lost if the daemon is killed.
   */
  async #save(gone: string): Promise<void> {
    if (performance.now() - this.#savedAt < saveEachMs) return;
    this.#savedAt = performance.now();
    const saved = `${this.#file}.saved`;
    try {
      await rm(saved, { force: true });
      await this.#copyTo(saved);
      const mayTakeName = this.#isOurs || !(await isThere(this.#file));
      if (mayTakeName) {
        await rm(`${this.#file}-wal`, { force: true });
        await rename(saved, this.#file);
        this.#isOurs = true;
      }
      const where = mayTakeName ? 'under its name' : `as ${saved}`;
      const what = mayTakeName ? 'restart' : 'put it back in its place and restart';
      this.#missing = `${gone} while the daemon works on it. The ledger was saved again ${where}, and is each minute: ${what} the daemon soon`;
    } catch (error) {
      this.#missing = `${gone} while the daemon works on it, and the ledger can't be saved again (${describeError(error)}). ${rebuildAdvice}`;
    }
  }

  #failed(error: unknown): void {
    if (isDamage(error)) this.#damage ??= describeError(error);
    this.#writing = ofTheFile.get(resultCode(error)) ?? this.#writing;
  }
}

const isStats = (found: unknown): found is BigIntStats => !(found instanceof Error);

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

interface Outcomes {
  readonly failed: (error: unknown) => void;
  /** Something is on the disk. */
  readonly written: () => void;
}

/** Tells of the outcome of each call. */
function instrument(database: DatabaseSync, { failed, written }: Outcomes): void {
  const watched =
    <A extends unknown[], R>(call: (...args: A) => R, then: () => void = () => {}) =>
    (...args: A): R => {
      try {
        const result = call(...args);
        then();
        return result;
      } catch (error) {
        failed(error);
        throw error;
      }
    };
  const ended = (): void => {
    if (!database.isTransaction) written();
  };
  const prepare = database.prepare.bind(database);
  database.prepare = (...args): StatementSync => {
    const statement = watched(prepare)(...args);
    return Object.assign(statement, {
      run: watched(statement.run.bind(statement), ended),
      get: watched(statement.get.bind(statement)),
      all: watched(statement.all.bind(statement)),
    });
  };
  const exec = database.exec.bind(database);
  database.exec = (sql) => watched(exec, sql === 'COMMIT' ? written : undefined)(sql);
}
