import type { DatabaseSync } from 'node:sqlite';
import type { Account } from '../contract/accounts.ts';
import { UnknownNameError } from '../model/errors.ts';
import { hint } from './hint.ts';
import { json, number, reader, text } from './read.ts';

/** Access to rows of accounts, for other queries. */
export interface AccountRows {
  /** All accounts, in the order of their names. */
  list(): Account[];
  /** @throws {UnknownNameError} names the existing accounts */
  idOf(name: string): number;
  /** Whether an account of this name exists, or existed. */
  status(name: string): 'absent' | 'there' | 'removed';
  /** The id of an account; an unknown account gets a row that is marked as removed. */
  idOfForeign(name: string, nowMs: number): number;
}

const readAccount = reader<Account>({
  name: text,
  createdMs: number,
  cameras: number,
  formerNames: json(),
});

export function prepareAccountRows(database: DatabaseSync): AccountRows {
  const find = database.prepare('SELECT id, removedMs FROM accounts WHERE name = ?');
  const addForeign = database.prepare(
    'INSERT INTO accounts (name, createdMs, removedMs) VALUES (:name, :nowMs, :nowMs) RETURNING id',
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

  const list = (): Account[] => all.all().map(readAccount);

  return {
    list,
    status(name) {
      const row = find.get(name);
      if (row === undefined) return 'absent';
      return row['removedMs'] === null ? 'there' : 'removed';
    },
    idOf(name) {
      const row = find.get(name);
      if (row !== undefined && row['removedMs'] === null) return number(row['id']);
      const known = list();
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
    idOfForeign: (name, nowMs) =>
      number((find.get(name) ?? addForeign.get({ name, nowMs }))?.['id']),
  };
}
