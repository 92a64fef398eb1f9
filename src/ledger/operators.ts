import { wallNow } from '../lib/clock.ts';
import type { Operator } from '../contract/viewers.ts';
import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../lib/errors.ts';
import { DuplicateError, UnknownNameError } from '../model/errors.ts';
import { hint } from './hint.ts';
import { blob, number, reader, text } from './read.ts';

export interface OperatorQueries {
  /** @param passwordHash salt and hash, 48 bytes. @throws {DuplicateError}, {@link OperatorError} */
  add(name: string, passwordHash: Uint8Array): Operator;
  /** All operators, in the order of their names. */
  list(): Operator[];
  /** The password's salt and hash; undefined if there is no such operator. */
  find(name: string): Uint8Array | undefined;
  /** Ends the operator's sessions. @throws {UnknownNameError} */
  setPassword(name: string, passwordHash: Uint8Array): Operator;
  /** Ends the operator's sessions. @throws {UnknownNameError} */
  remove(name: string): void;
}

const nameForm = /^[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?$/;

const readOperator = reader<Operator>({ name: text, createdMs: number, passwordSetMs: number });

export function prepareOperators(database: DatabaseSync): OperatorQueries {
  const find = database.prepare('SELECT * FROM operators WHERE name = ?');
  const all = database.prepare('SELECT * FROM operators ORDER BY name');
  const add = database.prepare(
    `INSERT INTO operators (name, passwordHash, createdMs, passwordSetMs)
     VALUES (:name, :passwordHash, :nowMs, :nowMs)`,
  );
  const change = database.prepare(
    `UPDATE operators SET passwordHash = :passwordHash, passwordSetMs = :nowMs WHERE name = :name`,
  );
  const remove = database.prepare('DELETE FROM operators WHERE name = ?');

  const list = (): Operator[] => all.all().map(readOperator);

  const requireOperator = (name: string): Operator => {
    const row = find.get(name);
    if (row !== undefined) return readOperator(row);
    const names = list().map((operator) => operator.name);
    throw new UnknownNameError(`There is no operator ${name}.${hint('operators', name, names)}`);
  };

  return {
    list,
    find(name) {
      const row = find.get(name);
      return row && blob(row['passwordHash']);
    },
    add(name, passwordHash) {
      if (!nameForm.test(name)) {
        throw new OperatorError(
          `"${name}" can't be the name of an operator: use 1 to 64 of a-z, 0-9 and . _ @ -, beginning and ending with a letter or digit.`,
        );
      }
      if (find.get(name) !== undefined) {
        throw new DuplicateError(`There is an operator ${name} already.`);
      }
      add.run({ name, passwordHash, nowMs: wallNow() });
      return requireOperator(name);
    },
    setPassword(name, passwordHash) {
      requireOperator(name);
      change.run({ name, passwordHash, nowMs: wallNow() });
      return requireOperator(name);
    },
    remove(name) {
      requireOperator(name);
      remove.run(name);
    },
  };
}
