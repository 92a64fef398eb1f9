import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../lib/errors.ts';
import { isLabel, labelRule } from '../model/camera-name.ts';
import { DuplicateError, hint, UnknownNameError } from './errors.ts';
import { number, text } from './rows.ts';
import type { Account } from '../model/account.ts';

export interface AccountQueries {
  /** @throws {DuplicateError} if there is one of that name */
  addAccount(name: string): Account;
  /** All accounts, in the order of their names. */
  accounts(): Account[];
}

/** The row of an account, for other queries. */
export interface AccountRows {
  /** @throws {UnknownNameError} which says what there is instead */
  idOf(name: string): number;
  /** Whether there is, or was, an account of this name. */
  status(name: string): 'absent' | 'there' | 'removed';
  /** Of an account that may be unknown: then it gets a row that is marked as removed. */
  idOfForeign(name: string, nowMs: number): number;
}

/** @throws {OperatorError} */
export function checkAccountName(name: string): void {
  if (isLabel(name)) return;
  throw new OperatorError(`"${name}" can't be the name of an account: use ${labelRule}.`);
}

export function prepareAccounts(database: DatabaseSync): AccountQueries & AccountRows {
  const find = database.prepare('SELECT id, removedMs FROM accounts WHERE name = ?');
  const add = database.prepare(
    `INSERT INTO accounts (name, createdMs) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET createdMs = excluded.createdMs, removedMs = NULL`,
  );
  const addForeign = database.prepare(
    'INSERT INTO accounts (name, createdMs, removedMs) VALUES (?, ?, ?) RETURNING id',
  );
  const all = database.prepare(
    `SELECT accounts.name, accounts.createdMs, count(cameras.id) AS cameras,
       (SELECT json_group_array(DISTINCT former.name) FROM formerAccountNames AS former
        WHERE former.account = accounts.id AND former.name <> accounts.name) AS formerNames
     FROM accounts
     LEFT JOIN cameras ON cameras.account = accounts.id AND cameras.removedMs IS NULL
     WHERE accounts.removedMs IS NULL
     GROUP BY accounts.id ORDER BY accounts.name`,
  );

  const accounts = (): Account[] =>
    all.all().map((row) => ({
      name: text(row, 'name'),
      createdMs: number(row, 'createdMs'),
      cameras: number(row, 'cameras'),
      formerNames: JSON.parse(text(row, 'formerNames')) as string[],
    }));

  const status: AccountRows['status'] = (name) => {
    const row = find.get(name);
    return row === undefined ? 'absent' : row['removedMs'] === null ? 'there' : 'removed';
  };

  return {
    accounts,
    status,
    addAccount(name) {
      checkAccountName(name);
      if (status(name) === 'there') {
        throw new DuplicateError(`There is an account ${name} already.`);
      }
      const createdMs = Date.now();
      add.run(name, createdMs);
      return accounts().find((account) => account.name === name) ?? shouldBeThere(name);
    },
    idOf(name) {
      const row = find.get(name);
      if (row !== undefined && row['removedMs'] === null) return number(row, 'id');
      const known = accounts();
      const names = known.map((account) => account.name);
      const renamed = known.find(({ formerNames }) => formerNames.includes(name));
      if (renamed !== undefined) {
        throw new UnknownNameError(
          `There is no account ${name} any more: it is called ${renamed.name} now.`,
        );
      }
      throw new UnknownNameError(
        `There is no account ${name}.${hint('accounts', name, names)} Add one with: cctv account add NAME`,
      );
    },
    idOfForeign(name, nowMs) {
      const row = find.get(name) ?? addForeign.get(name, nowMs, nowMs);
      return number(row ?? {}, 'id');
    },
  };
}

const shouldBeThere = (name: string): never => {
  throw new Error(`the account ${name} was added and is not there`);
};
