import { wallNow } from '../lib/clock.ts';
import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../lib/errors.ts';
import type { Account } from '../contract/accounts.ts';
import { type CameraName, isLabel, labelRule } from '../model/camera-name.ts';
import { DuplicateError } from '../model/errors.ts';
import type { AccountRows } from './account-rows.ts';
import type { CameraRows } from './camera-rows.ts';
import { transaction } from './database.ts';
import { optional, text } from './read.ts';

export interface AccountQueries {
  /** @throws {DuplicateError} the name is taken */
  add(name: string): Account;
  /** All accounts, in the order of their names. */
  list(): Account[];
  /**
   * Renames an account. The account keeps its cameras, viewers, contacts and tokens, and the footage
   * under its old name.
   *
   * @throws {DuplicateError} another account has or had that name; {@link UnknownNameError}
   */
  rename(name: string, to: string): void;
  /**
   * Removes an account with its viewers, their sessions, its contacts, their alerts, and its tokens. Its
   * footage stays, under its name.
   *
   * @param withCameras whether to remove its cameras, too; if false, it must have none
   * @returns the removed cameras
   * @throws {OperatorError} the account has cameras; {@link UnknownNameError}
   */
  remove(name: string, withCameras: boolean): CameraName[];
  /** An IANA name; undefined: UTC. @throws {UnknownNameError} */
  timeZone(account: string): string | undefined;
  /** @throws {OperatorError} there is no such zone; {@link UnknownNameError} */
  setTimeZone(account: string, timeZone: string): void;
}

const namedAtMost = 5;

export function prepareAccounts(
  database: DatabaseSync,
  accounts: AccountRows,
  cameras: CameraRows,
): AccountQueries {
  const add = database.prepare(
    `INSERT INTO accounts (name, createdMs) VALUES (:name, :nowMs)
     ON CONFLICT DO UPDATE SET createdMs = excluded.createdMs, removedMs = NULL`,
  );
  const setName = database.prepare('UPDATE accounts SET name = :to WHERE id = :id');
  const addFormerName = database.prepare(
    `INSERT OR REPLACE INTO formerAccountNames (name, untilMs, account)
     VALUES (:name, :nowMs, :id)`,
  );
  // Must differ from createdMs: equal times mark an account that was never added (see idOfForeign).
  const setRemoved = database.prepare(
    'UPDATE accounts SET removedMs = max(:nowMs, createdMs + 1) WHERE id = :id',
  );
  const zone = database.prepare('SELECT timeZone FROM accounts WHERE id = ?');
  const setZone = database.prepare('UPDATE accounts SET timeZone = :timeZone WHERE id = :id');

  return {
    list: () => accounts.list(),
    add(name) {
      checkName(name);
      if (accounts.status(name) === 'there') throw isThere(name);
      add.run({ name, nowMs: wallNow() });
      const added = accounts.list().find((account) => account.name === name);
      if (added === undefined) throw new Error(`the account ${name} was added and is not there`);
      return added;
    },
    rename: (name, to) =>
      transaction(database, () => {
        const id = accounts.idOf(name);
        checkName(to);
        const status = accounts.status(to);
        if (status === 'there') throw isThere(to);
        if (status === 'removed') {
          throw new DuplicateError(
            `${to} was the name of an account that was removed, and whose footage is kept under it. Choose another name.`,
          );
        }
        setName.run({ id, to });
        addFormerName.run({ id, name, nowMs: wallNow() });
      }),
    remove: (name, withCameras) =>
      transaction(database, () => {
        const id = accounts.idOf(name);
        const known = cameras.list(name).map(({ account, camera }) => ({ account, camera }));
        if (known.length > 0 && !withCameras) throw hasCameras(name, known);
        const nowMs = wallNow();
        for (const camera of known) cameras.remove(cameras.idOf(camera), nowMs);
        setRemoved.run({ id, nowMs });
        return known;
      }),
    timeZone: (account) => optional(text)(zone.get(accounts.idOf(account))?.['timeZone']),
    setTimeZone(account, timeZone) {
      checkTimeZone(timeZone);
      setZone.run({ id: accounts.idOf(account), timeZone });
    },
  };
}

/** @throws {OperatorError} */
function checkName(name: string): void {
  if (isLabel(name)) return;
  throw new OperatorError(`"${name}" can't be the name of an account: use ${labelRule}.`);
}

/** @throws {OperatorError} */
function checkTimeZone(name: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Intl also accepts offsets such as +08:00, which have no daylight saving time.
    if (/^[A-Za-z]/.test(name)) return;
  } catch {
    // Reported below.
  }
  throw new OperatorError(
    `"${name}" is no time zone: write its IANA name, such as Asia/Singapore or Europe/Berlin.`,
  );
}

const isThere = (name: string): DuplicateError =>
  new DuplicateError(`There is an account ${name} already.`);

function hasCameras(name: string, known: readonly CameraName[]): OperatorError {
  const names = known.slice(0, namedAtMost).map(({ camera }) => camera);
  const more = known.length > namedAtMost ? ` and ${known.length - namedAtMost} more` : '';
  return new OperatorError(
    `The account ${name} has cameras: ${names.join(', ')}${more}. Remove them first, or with it: cctv account remove ${name} --cameras`,
  );
}
