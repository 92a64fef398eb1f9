import type { SQLOutputValue } from 'node:sqlite';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** Makes a value of what a column holds. Tables are STRICT, so a column has the type that the schema says. */
type Read<T> = (value: SQLOutputValue | undefined) => T;

export const number: Read<number> = (value) => Number(value);
export const text: Read<string> = (value) => String(value);
export const isTrue: Read<boolean> = (value) => value === 1;

export const blob: Read<Uint8Array> = (value) =>
  value instanceof Uint8Array ? value : new Uint8Array();
export const hex: Read<string> = (value) => Buffer.from(blob(value)).toString('hex');

/** Bytes written as hex digits, as a BLOB. */
export const blobOf = (digits: string): Buffer => Buffer.from(digits, 'hex');

/** One of few words; a constraint of the table, or the only writer of it, allows no others. */
export const word =
  <T extends string>(): Read<T> =>
  (value) =>
    String(value) as T;

/** JSON that the query itself made of columns. */
export const json =
  <T>(): Read<T> =>
  (value) =>
    JSON.parse(String(value)) as T;

/** Undefined where the column is NULL. */
export const optional =
  <T>(read: Read<T>): Read<T | undefined> =>
  (value) =>
    value === null || value === undefined ? undefined : read(value);

/** Reads a row whose columns are named as the properties of `T`. What is undefined is left out. */
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

/** The id in a row that may not be there. */
export const idOf = (row: Row | undefined): number | undefined => row && number(row['id']);
