import type { SQLOutputValue } from 'node:sqlite';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Converts a column's value. Tables are STRICT, so columns have the types of the schema. */
type Read<T> = (value: SQLOutputValue | undefined) => T;

export const number: Read<number> = (value) => Number(value);
export const text: Read<string> = (value) => String(value);
export const isTrue: Read<boolean> = (value) => value === 1;

export const blob: Read<Uint8Array> = (value) =>
  value instanceof Uint8Array ? value : new Uint8Array();
export const hex: Read<string> = (value) => Buffer.from(blob(value)).toString('hex');

/** Converts hex digits to bytes, for a BLOB. */
export const blobOf = (digits: string): Buffer => Buffer.from(digits, 'hex');

/** One of a few words; a table constraint, or the only writer of the column, ensures that. */
export const word =
  <T extends string>(): Read<T> =>
  (value) =>
    String(value) as T;

/** Parses JSON that was made by the query or by us, so it is not checked. */
export const json =
  <T>(): Read<T> =>
  (value) =>
    JSON.parse(String(value)) as T;

/** Undefined if the column is NULL. */
export const optional =
  <T>(read: Read<T>): Read<T | undefined> =>
  (value) =>
    value === null || value === undefined ? undefined : read(value);

/** Reads a row whose columns have the names of the properties of `T`. Omits undefined values. */
export function reader<T extends object>(
  columns: {
    readonly [K in keyof T]-?: Read<T[K]>;
  },
): (row: Row) => T {
  const entries = Object.entries<Read<unknown>>(columns);
  return (row) => {
    const result: Record<string, unknown> = {};
    for (const [name, read] of entries) {
      const value = read(row[name]);
      if (value !== undefined) result[name] = value;
    }
    return result as T;
  };
}

/** The id of a row; undefined without a row. */
export const idOf = (row: Row | undefined): number | undefined => row && number(row['id']);
