import { wallNow } from '../lib/clock.ts';
import type { SessionShown } from '../contract/web.ts';
import type { DatabaseSync } from 'node:sqlite';
import { transaction } from './database.ts';
import { isTrue, json, number, optional, reader, type Row, text } from './read.ts';
import {
  idleMs,
  longestSessionMs,
  type SessionOrigin,
  type SessionOwner,
} from '../model/session.ts';

export interface SessionQueries {
  /**
   * Begins a session. If the person has too many, ends the least recently used.
   *
   * @param hash SHA-256 of the cookie's value
   * @returns false if that person doesn't exist
   */
  begin(
    hash: Uint8Array,
    owner: { readonly account: string; readonly viewer: string } | { readonly operator: string },
    origin: SessionOrigin,
  ): boolean;
  /** The owner of a session that has not ended. Called for each request, so uses only index look-ups. */
  find(hash: Uint8Array, nowMs: number): SessionOwner | undefined;
  end(hash: Uint8Array): void;
  /** All sessions of the person whose session this is, the newest first. */
  list(hash: Uint8Array): SessionShown[];
  /** Ends all others of that person. */
  endOthers(hash: Uint8Array): void;
}

/** Precision of a session's last use: each update is a write to the disk. */
const notedEveryMs = 3_600_000;
const sessionsEach = 30;

const readShown = reader<SessionShown>({
  createdMs: number,
  usedMs: number,
  address: optional(text),
  agent: optional(text),
  isThis: isTrue,
});

export function prepareSessions(database: DatabaseSync): SessionQueries {
  const beginOfViewer = database.prepare(
    `INSERT INTO sessions (hash, viewer, createdMs, usedMs, address, agent)
     SELECT :hash, viewers.id, :now, :now, :address, :agent FROM viewers JOIN accounts ON accounts.id = viewers.account
     WHERE accounts.removedMs IS NULL AND accounts.name = :account AND viewers.name = :viewer RETURNING viewer`,
  );
  const beginOfOperator = database.prepare(
    `INSERT INTO sessions (hash, operator, createdMs, usedMs, address, agent)
     SELECT :hash, id, :now, :now, :address, :agent FROM operators WHERE name = :operator RETURNING operator`,
  );
  const sweep = database.prepare(
    'DELETE FROM sessions WHERE usedMs < :idleSince OR createdMs < :longSince',
  );
  const surplus = (who: 'viewer' | 'operator') =>
    database.prepare(
      `DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE ${who} = ?
       ORDER BY usedMs DESC LIMIT -1 OFFSET ${sessionsEach})`,
    );
  const surplusOfViewer = surplus('viewer');
  const surplusOfOperator = surplus('operator');
  const find = database.prepare(
    `SELECT sessions.createdMs, usedMs, operators.name AS operator, viewers.name AS viewer,
       viewers.id || '.' || viewers.createdMs AS identity,
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
  const use = database.prepare('UPDATE sessions SET usedMs = :nowMs WHERE hash = :hash');
  const end = database.prepare('DELETE FROM sessions WHERE hash = ?');
  // One of the two is NULL, in both rows.
  const same = `(viewer, operator) IS
    (SELECT viewer, operator FROM sessions WHERE hash = :hash)`;
  const list = database.prepare(
    `SELECT createdMs, usedMs, address, agent, hash = :hash AS isThis FROM sessions
     WHERE ${same} ORDER BY createdMs DESC`,
  );
  const endOthers = database.prepare(`DELETE FROM sessions WHERE hash <> :hash AND ${same}`);

  const ownerOf = (row: Row): SessionOwner | undefined => {
    if (row['operator'] !== null) return { role: 'operator', user: text(row['operator']) };
    if (row['account'] === null) return undefined;
    return {
      role: 'viewer',
      account: text(row['account']),
      user: text(row['viewer']),
      // The id of a removed viewer is used again.
      identity: text(row['identity']),
      cameras: isTrue(row['allCameras']) ? undefined : json<string[]>()(row['cameras']),
      timeZone: optional(text)(row['timeZone']) ?? 'UTC',
    };
  };

  return {
    begin: (hash, owner, { address, agent }) =>
      transaction(database, () => {
        const now = wallNow();
        sweep.run({ idleSince: now - idleMs, longSince: now - longestSessionMs });
        const row =
          'operator' in owner
            ? beginOfOperator.get({ hash, now, address, agent, operator: owner.operator })
            : beginOfViewer.get({
                hash,
                now,
                address,
                agent,
                account: owner.account,
                viewer: owner.viewer,
              });
        if (row === undefined) return false;
        if ('operator' in owner) surplusOfOperator.run(number(row['operator']));
        else surplusOfViewer.run(number(row['viewer']));
        return true;
      }),
    find(hash, nowMs) {
      const row = find.get(hash);
      if (row === undefined) return undefined;
      const usedMs = number(row['usedMs']);
      if (nowMs - usedMs > idleMs || nowMs - number(row['createdMs']) > longestSessionMs) return;
      if (nowMs - usedMs > notedEveryMs) use.run({ nowMs, hash });
      return ownerOf(row);
    },
    end: (hash) => {
      end.run(hash);
    },
    list: (hash) => list.all({ hash }).map(readShown),
    endOthers: (hash) => {
      endOthers.run({ hash });
    },
  };
}
