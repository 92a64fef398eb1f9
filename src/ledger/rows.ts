import type { SQLOutputValue } from 'node:sqlite';

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** The columns of STRICT tables have the types that the schema gives them. */
export const number = (row: Row, column: string): number => Number(row[column]);

export const text = (row: Row, column: string): string => String(row[column]);

export const hex = (row: Row, column: string): string =>
  Buffer.from(row[column] as Uint8Array).toString('hex');

/** `{ [name]: value }`, or `{}` where the column is NULL: absent and undefined are not the same. */
export function optional<N extends string, T>(
  row: Row,
  name: N,
  read: (row: Row, column: string) => T,
): { readonly [K in N]?: T } {
  return row[name] === null || row[name] === undefined
    ? {}
    : ({ [name]: read(row, name) } as { [K in N]: T });
}
