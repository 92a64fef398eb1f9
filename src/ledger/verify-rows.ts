import type { DatabaseSync } from 'node:sqlite';
import type { CameraName } from '../lib/names.ts';
import { hex, number, optional, type Row, text } from './rows.ts';

/** A segment as the ledger has it, to be held against the bucket. */
export interface VerifyRow {
  readonly startMs: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly state: 'spooled' | 'stored';
  readonly objectKey?: string;
  readonly etag?: string;
  readonly storedMs?: number;
  /** Whether its camera has another name by now than the one that was asked for. */
  readonly isFormer: boolean;
}

export interface VerifyRows {
  /**
   * All names, of one account or all, under which there may be footage: those that cameras have or
   * had, also removed ones. In the order of names.
   */
  footageNames(account?: string): CameraName[];
  /**
   * The segments of all cameras that have or had a name, also those recorded under another, that begin
   * from `fromMs` (inclusive) to `toMs` (exclusive); by start, those of the same start in no order.
   * At most `limit` and the rest of the last one's start.
   */
  footageRows(
    name: CameraName,
    range: { readonly fromMs: number; readonly toMs: number; readonly limit: number },
  ): VerifyRow[];
}

const allNames = `
  SELECT accounts.name AS account, cameras.name AS camera
  FROM cameras JOIN accounts ON accounts.id = cameras.account
  UNION SELECT accounts.name, formerNames.name
  FROM formerNames JOIN accounts ON accounts.id = formerNames.account`;

export function prepareVerifyRows(database: DatabaseSync): VerifyRows {
  const names = database.prepare(`SELECT * FROM (${allNames}) ORDER BY account, camera`);
  const ofAccount = database.prepare(
    `SELECT * FROM (${allNames}) WHERE account = ? ORDER BY camera`,
  );
  const idsOf = database.prepare(
    `SELECT cameras.id, cameras.name <> ?2 AS isFormer
     FROM cameras JOIN accounts ON accounts.id = cameras.account
     WHERE accounts.name = ?1 AND (cameras.name = ?2 OR cameras.id IN
       (SELECT camera FROM formerNames WHERE account = accounts.id AND formerNames.name = ?2))`,
  );
  const columns = 'startMs, sha256, bytes, state, objectKey, etag, storedMs';
  const page = database.prepare(
    `SELECT ${columns} FROM segments WHERE camera = ? AND startMs >= ? AND startMs < ?
     ORDER BY startMs, sha256 LIMIT ?`,
  );
  const atStart = database.prepare(
    `SELECT ${columns} FROM segments WHERE camera = ? AND startMs = ?`,
  );

  return {
    footageNames: (account) =>
      (account === undefined ? names.all() : ofAccount.all(account)).map((row) => ({
        account: text(row, 'account'),
        camera: text(row, 'camera'),
      })),
    footageRows({ account, camera }, { fromMs, toMs, limit }) {
      const cameras = idsOf.all(account, camera).map((row) => {
        const id = number(row, 'id');
        const rows = page.all(id, fromMs, toMs, limit);
        const lastMs = number(rows.at(-1) ?? {}, 'startMs');
        return { id, isFormer: row['isFormer'] === 1, rows, lastMs };
      });
      // A full page may go on: of the others only what is before its last start belongs to it.
      const untilMs = Math.min(
        ...cameras.flatMap(({ rows, lastMs }) => (rows.length < limit ? [] : [lastMs])),
      );
      return cameras
        .flatMap(({ id, isFormer, rows }) =>
          [
            ...rows.filter((row) => number(row, 'startMs') < untilMs),
            ...(Number.isFinite(untilMs) ? atStart.all(id, untilMs) : []),
          ].map((row) => readRow(row, isFormer)),
        )
        .sort((a, b) => a.startMs - b.startMs);
    },
  };
}

const readRow = (row: Row, isFormer: boolean): VerifyRow => ({
  startMs: number(row, 'startMs'),
  sha256: hex(row, 'sha256'),
  bytes: number(row, 'bytes'),
  state: row['state'] === 'stored' ? 'stored' : 'spooled',
  ...optional(row, 'objectKey', text),
  ...optional(row, 'etag', text),
  ...optional(row, 'storedMs', number),
  isFormer,
});
