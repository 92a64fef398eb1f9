import type { DatabaseSync } from 'node:sqlite';
import type { CameraName } from '../model/camera-name.ts';
import type { SegmentRecord } from '../model/segment.ts';
import type { SegmentIdentity } from '../model/segment-name.ts';
import { namesAt } from './names-at.ts';
import { blobOf, hex, isTrue, number, optional, reader, text, word } from './read.ts';

/** A segment in the ledger, to compare with the bucket. */
export interface AuditRow {
  readonly startMs: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly state: 'spooled' | 'stored';
  readonly objectKey?: string;
  readonly etag?: string;
  readonly storedMs?: number;
  /** Whether the camera no longer has the requested name. */
  readonly isFormer: boolean;
}

/** A segment that the bucket should have, under the name with which it was recorded. */
export interface StoredRow extends SegmentRecord {
  /** The camera, whatever it was called. */
  readonly id: number;
  readonly objectKey: string;
  /** Milliseconds since 1970 UTC. */
  readonly storedMs: number;
}

export interface AuditQueries {
  /**
   * Stored segments of up to `cameras` cameras, chosen at random: the oldest and the newest of each, and
   * one from any time.
   */
  sample(cameras: number): StoredRow[];
  /** A stored segment, by the name under which it was recorded; undefined if there is none. */
  storedAs(segment: SegmentIdentity): StoredRow | undefined;
  /** The stored segments of a camera that begin from `fromMs` (inclusive) to `toMs` (exclusive). */
  storedOf(id: number, range: { readonly fromMs: number; readonly toMs: number }): StoredRow[];
  /**
   * All names under which there may be footage, of one account or all: the present and former names of
   * cameras and their accounts, including removed ones. In the order of names.
   */
  names(account?: string): CameraName[];
  /**
   * The segments of all cameras that have or had a name, including those recorded under another name,
   * that begin from `fromMs` (inclusive) to `toMs` (exclusive). Ordered by start only. At most `limit`,
   * plus any further segments with the same start as the last.
   */
  rows(
    name: CameraName,
    range: { readonly fromMs: number; readonly toMs: number; readonly limit: number },
  ): AuditRow[];
}

/**
 * Each present or former name of a camera, combined with each name that its account had at the same
 * time: there may be footage under each. A name is valid from the end of the previous name.
 */
const withNames = `WITH
  accountNames (account, name, sinceMs, untilMs, isPresent) AS (
    SELECT id, name, (SELECT max(untilMs) FROM formerAccountNames WHERE account = id), NULL, 1
    FROM accounts
    UNION ALL SELECT account, name, (SELECT max(untilMs) FROM formerAccountNames AS earlier
      WHERE earlier.account = former.account AND earlier.untilMs < former.untilMs), untilMs, 0
    FROM formerAccountNames AS former),
  cameraNames (camera, account, name, sinceMs, untilMs, isPresent) AS (
    SELECT id, account, name, (SELECT max(untilMs) FROM formerNames WHERE camera = id), NULL, 1
    FROM cameras
    UNION ALL SELECT camera, account, name, (SELECT max(untilMs) FROM formerNames AS earlier
      WHERE earlier.camera = former.camera AND earlier.untilMs < former.untilMs), untilMs, 0
    FROM formerNames AS former),
  names (id, owner, account, camera, isFormer) AS (
    SELECT cameraNames.camera, cameraNames.account, accountNames.name, cameraNames.name,
      NOT (accountNames.isPresent AND cameraNames.isPresent)
    FROM cameraNames JOIN accountNames ON accountNames.account = cameraNames.account
    WHERE coalesce(accountNames.sinceMs < cameraNames.untilMs, 1)
      AND coalesce(cameraNames.sinceMs < accountNames.untilMs, 1))`;

const readName = reader<CameraName>({ account: text, camera: text });
const readRow = reader<Omit<AuditRow, 'isFormer'>>({
  startMs: number,
  sha256: hex,
  bytes: number,
  state: word(),
  objectKey: optional(text),
  etag: optional(text),
  storedMs: optional(number),
});

const readStored = reader<StoredRow>({
  id: number,
  account: text,
  camera: text,
  startMs: number,
  durationMs: number,
  bytes: number,
  sha256: hex,
  objectKey: text,
  storedMs: number,
});

export function prepareAudit(database: DatabaseSync): AuditQueries {
  const names = database.prepare(
    `${withNames} SELECT DISTINCT account, camera FROM names ORDER BY account, camera`,
  );
  const ofAccount = database.prepare(
    `${withNames} SELECT DISTINCT account, camera FROM names
     WHERE owner IN (SELECT account FROM accountNames WHERE name = ?) ORDER BY account, camera`,
  );
  const idsOf = database.prepare(
    `${withNames} SELECT id, min(isFormer) AS isFormer FROM names
     WHERE account = :account AND camera = :camera GROUP BY id`,
  );
  const columns = 'startMs, sha256, bytes, state, objectKey, etag, storedMs';
  const page = database.prepare(
    `SELECT ${columns} FROM segments WHERE camera = :id AND startMs >= :fromMs AND startMs < :toMs
     ORDER BY startMs, sha256 LIMIT :limit`,
  );
  const atStart = database.prepare(
    `SELECT ${columns} FROM segments WHERE camera = :id AND startMs = :untilMs`,
  );

  const stored = `SELECT segments.camera AS id, startMs, durationMs, bytes, sha256, objectKey,
       coalesce(storedMs, 0) AS storedMs, ${namesAt('startMs')}
     FROM segments JOIN cameras ON cameras.id = segments.camera
       JOIN accounts ON accounts.id = cameras.account
     WHERE segments.camera = :id AND state = 'stored' AND objectKey IS NOT NULL`;
  const someCameras = database.prepare(
    `SELECT camera FROM totals WHERE state = 'stored' ORDER BY random() LIMIT ?`,
  );
  const firstFrom = database.prepare(`${stored} AND startMs >= :fromMs ORDER BY startMs LIMIT 1`);
  const newest = database.prepare(`${stored} ORDER BY startMs DESC LIMIT 1`);
  const exactly = database.prepare(`${stored} AND startMs = :startMs AND sha256 = :hash`);
  const inRange = database.prepare(
    `${stored} AND startMs >= :fromMs AND startMs < :toMs ORDER BY startMs`,
  );

  return {
    sample: (cameras) =>
      someCameras.all(cameras).flatMap((row) => {
        const id = number(row['camera']);
        const first = firstFrom.get({ id, fromMs: Number.MIN_SAFE_INTEGER });
        const last = newest.get({ id });
        if (first === undefined || last === undefined) return [];
        const beganMs = number(first['startMs']);
        const lengthMs = number(last['startMs']) - beganMs;
        const any = firstFrom.get({ id, fromMs: beganMs + Math.floor(Math.random() * lengthMs) });
        const found = [first, last, any ?? last].map(readStored);
        return [...new Map(found.map((one) => [one.objectKey, one])).values()];
      }),
    storedAs: ({ account, camera, startMs, sha256 }) =>
      idsOf
        .all({ account, camera })
        .map((row) => exactly.get({ id: number(row['id']), startMs, hash: blobOf(sha256) }))
        .filter((row) => row !== undefined)
        .map(readStored)[0],
    storedOf: (id, { fromMs, toMs }) => inRange.all({ id, fromMs, toMs }).map(readStored),
    names: (account) =>
      (account === undefined ? names.all() : ofAccount.all(account)).map(readName),
    rows({ account, camera }, { fromMs, toMs, limit }) {
      const cameras = idsOf.all({ account, camera }).map((row) => {
        const id = number(row['id']);
        const rows = page.all({ id, fromMs, toMs, limit });
        const lastMs = number(rows.at(-1)?.['startMs']);
        return { id, isFormer: isTrue(row['isFormer']), rows, lastMs };
      });
      // A full page may have a continuation, so take only segments up to the last start of any full page.
      const untilMs = Math.min(
        ...cameras.flatMap(({ rows, lastMs }) => (rows.length < limit ? [] : [lastMs])),
      );
      return cameras
        .flatMap(({ id, isFormer, rows }) =>
          [
            ...rows.filter((row) => number(row['startMs']) < untilMs),
            ...(Number.isFinite(untilMs) ? atStart.all({ id, untilMs }) : []),
          ].map((row) => ({ ...readRow(row), isFormer })),
        )
        .sort((a, b) => a.startMs - b.startMs);
    },
  };
}
