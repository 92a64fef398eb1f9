import type { DatabaseSync } from 'node:sqlite';
import { transaction } from './database.ts';
import { number, type Row, text } from './rows.ts';

/** Whose session it is. */
export type SessionOwner =
  | {
      readonly role: 'viewer';
      readonly account: string;
      readonly user: string;
      /** The only cameras of the account that the viewer may watch; absent: all. */
      readonly cameras?: readonly string[];
      /** IANA name, of the account. */
      readonly timeZone: string;
    }
  | { readonly role: 'operator'; readonly user: string };

export interface SessionQueries {
  /**
   * Begins a session. One of the same person that was used least is ended when there are many.
   *
   * @param hash SHA-256 of what the browser keeps
   * @returns whether that person is there
   */
  begin(
    hash: Uint8Array,
    owner: { readonly account: string; readonly viewer: string } | { readonly operator: string },
  ): boolean;
  /** Whose session that is, if it has not ended. For each request, so look-ups in indexes. */
  find(hash: Uint8Array, nowMs: number): SessionOwner | undefined;
  end(hash: Uint8Array): void;
}

const dayMs = 86_400_000;
/** Unused for so long, a session ends. */
export const idleMs = 30 * dayMs;
/** So long after it began, a session ends in any case. */
export const longestSessionMs = 90 * dayMs;
/** How exactly it is known when a session was used: each note of it is a write to the disk. */
const notedEveryMs = 3_600_000;
const sessionsEach = 30;

export function prepareSessions(database: DatabaseSync): SessionQueries {
  const beginOfViewer = database.prepare(
    `INSERT INTO sessions (hash, viewer, createdMs, usedMs)
     SELECT ?, viewers.id, ?, ? FROM viewers JOIN accounts ON accounts.id = viewers.account
     WHERE accounts.removedMs IS NULL AND accounts.name = ? AND viewers.name = ? RETURNING viewer`,
  );
  const beginOfOperator = database.prepare(
    `INSERT INTO sessions (hash, operator, createdMs, usedMs)
     SELECT ?, id, ?, ? FROM operators WHERE name = ? RETURNING operator`,
  );
  const sweep = database.prepare('DELETE FROM sessions WHERE usedMs < ? OR createdMs < ?');
  const surplus = (who: 'viewer' | 'operator') =>
    database.prepare(
      `DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE ${who} = ?
       ORDER BY usedMs DESC LIMIT -1 OFFSET ${sessionsEach})`,
    );
  const surplusOfViewer = surplus('viewer');
  const surplusOfOperator = surplus('operator');
  const find = database.prepare(
    `SELECT sessions.createdMs, usedMs, operators.name AS operator, viewers.name AS viewer,
       accounts.name AS account, accounts.timeZone, allCameras,
       (SELECT json_group_array(cameras.name) FROM viewerCameras
        JOIN cameras ON cameras.id = viewerCameras.camera
        WHERE viewerCameras.viewer = viewers.id AND cameras.removedMs IS NULL) AS cameras
     FROM sessions
     LEFT JOIN operators ON operators.id = sessions.operator
     LEFT JOIN viewers ON viewers.id = sessions.viewer
     LEFT JOIN accounts ON accounts.id = viewers.account AND accounts.removedMs IS NULL
     WHERE hash = ?`,
  );
  const use = database.prepare('UPDATE sessions SET usedMs = ? WHERE hash = ?');
  const end = database.prepare('DELETE FROM sessions WHERE hash = ?');

  const ownerOf = (row: Row): SessionOwner | undefined => {
    if (row['operator'] !== null) return { role: 'operator', user: text(row, 'operator') };
    if (row['account'] === null) return undefined;
    return {
      role: 'viewer',
      account: text(row, 'account'),
      user: text(row, 'viewer'),
      ...(row['allCameras'] === 1 ? {} : { cameras: JSON.parse(text(row, 'cameras')) as string[] }),
      timeZone: row['timeZone'] === null ? 'UTC' : text(row, 'timeZone'),
    };
  };

  return {
    begin: (hash, owner) =>
      transaction(database, () => {
        const now = Date.now();
        sweep.run(now - idleMs, now - longestSessionMs);
        const row =
          'operator' in owner
            ? beginOfOperator.get(hash, now, now, owner.operator)
            : beginOfViewer.get(hash, now, now, owner.account, owner.viewer);
        if (row === undefined) return false;
        if ('operator' in owner) surplusOfOperator.run(number(row, 'operator'));
        else surplusOfViewer.run(number(row, 'viewer'));
        return true;
      }),
    find(hash, nowMs) {
      const row = find.get(hash);
      if (row === undefined) return undefined;
      const usedMs = number(row, 'usedMs');
      if (nowMs - usedMs > idleMs || nowMs - number(row, 'createdMs') > longestSessionMs) return;
      if (nowMs - usedMs > notedEveryMs) use.run(nowMs, hash);
      return ownerOf(row);
    },
    end: (hash) => void end.run(hash),
  };
}
