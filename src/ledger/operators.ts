import type { Operator } from '../contract/viewers.ts';
import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../lib/errors.ts';
import { DuplicateError, UnknownNameError } from '../model/errors.ts';
import { hint } from './hint.ts';
import { number, type Row, text } from './rows.ts';

export interface OperatorQueries {
  /** @param passwordHash salt and hash, 48 bytes. @throws {DuplicateError} {@link OperatorError} */
  add(name: string, passwordHash: Uint8Array): Operator;
  /** All, in the order of their names. */
  list(): Operator[];
  /** What is kept of the password; undefined if there is no such operator. */
  find(name: string): Uint8Array | undefined;
  /** Ends the operator's sessions. @throws {UnknownNameError} */
  setPassword(name: string, passwordHash: Uint8Array): Operator;
  /** Ends the operator's sessions. @throws {UnknownNameError} */
  remove(name: string): void;
}

const nameForm = /^[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?$/;

const readOperator = (row: Row): Operator => ({
  name: text(row, 'name'),
  createdMs: number(row, 'createdMs'),
  passwordSetMs: number(row, 'passwordSetMs'),
});

export function prepareOperators(database: DatabaseSync): OperatorQueries {
  const find = database.prepare('SELECT * FROM operators WHERE name = ?');
  const all = database.prepare('SELECT * FROM operators ORDER BY name');
  const add = database.prepare(
    'INSERT INTO operators (name, passwordHash, createdMs, passwordSetMs) VALUES (?, ?, ?, ?)',
  );
  const change = database.prepare(
    'UPDATE operators SET passwordHash = ?, passwordSetMs = ? WHERE name = ?',
  );
  const remove = database.prepare('DELETE FROM operators WHERE name = ?');

  const requireOperator = (name: string): Operator => {
    const row = find.get(name);
    if (row !== undefined) return readOperator(row);
    const names = all.all().map((one) => text(one, 'name'));
    throw new UnknownNameError(`There is no operator ${name}.${hint('operators', name, names)}`);
  };

  return {
    list: () => all.all().map(readOperator),
    find: (name) => find.get(name)?.['passwordHash'] as Uint8Array | undefined,
    add(name, passwordHash) {
      if (!nameForm.test(name)) {
        throw new OperatorError(
          `"${name}" can't be the name of an operator: use 1 to 64 of a-z, 0-9 and . _ @ -, beginning and ending with a letter or digit.`,
        );
      }
      if (find.get(name) !== undefined) {
        throw new DuplicateError(`There is an operator ${name} already.`);
      }
      const now = Date.now();
      add.run(name, passwordHash, now, now);
      return requireOperator(name);
    },
    setPassword(name, passwordHash) {
      requireOperator(name);
      change.run(passwordHash, Date.now(), name);
      return requireOperator(name);
    },
    remove(name) {
      requireOperator(name);
      remove.run(name);
    },
  };
}
