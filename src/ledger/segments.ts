import type { DatabaseSync } from 'node:sqlite';
import { type CameraName, formatCameraName } from '../lib/names.ts';
import type { AccountRows } from './accounts.ts';
import { transaction } from './database.ts';
import { UnknownNameError } from './errors.ts';
import { number, optional, type Row, text } from './rows.ts';
import type { LedgerSegment, SegmentCursor, SegmentRecord, StoredProof } from './types.ts';

export interface SegmentQueries {
  /** Notes a segment that lies in the spool. Twice is as once; one that is stored stays so. */
  spooled(segment: SegmentRecord): void;
  /** Notes a segment that is proven to be in the bucket. Twice is as once. */
  stored(segment: SegmentRecord, proof: StoredProof): void;
  /**
   * The segments of a camera, by its name, an earlier name of its, or that of a removed one; also those
   * that were recorded under an earlier name, whose objects keep the keys they had. Of them, those that overlap `fromMs` (inclusive) to `toMs`
   * (exclusive), in the order of time; at most `limit`, beginning after `after`.
   *
   * @throws {UnknownNameError} for a name that never had footage nor was added
   */
  segments(
    camera: CameraName,
    range: {
      readonly fromMs: number;
      readonly toMs: number;
      readonly limit: number;
      readonly after?: SegmentCursor;
    },
  ): LedgerSegment[];
}

/** No segment is longer: what began earlier than this before a moment doesn't reach into it. */
const longestMs = 86_400_000;

const hex = (row: Row, column: string): string =>
  Buffer.from(row[column] as Uint8Array).toString('hex');

export function prepareSegments(database: DatabaseSync, accounts: AccountRows): SegmentQueries {
  const findCamera = database.prepare(
    `SELECT cameras.id FROM cameras JOIN accounts ON accounts.id = cameras.account
     WHERE accounts.name = ? AND cameras.name = ?`,
  );
  const findFormer = database.prepare(
    `SELECT formerNames.camera AS id FROM formerNames
     JOIN accounts ON accounts.id = formerNames.account
     WHERE accounts.name = ? AND formerNames.name = ? AND untilMs > ? ORDER BY untilMs LIMIT 1`,
  );
  const findLastFormer = database.prepare(
    `SELECT formerNames.camera AS id FROM formerNames
     JOIN accounts ON accounts.id = formerNames.account
     WHERE accounts.name = ? AND formerNames.name = ? ORDER BY untilMs DESC LIMIT 1`,
  );
  const addForeign = database.prepare(
    `INSERT INTO cameras (account, name, rtspPath, createdMs, removedMs)
     VALUES (?, ?, '/unicast', ?, ?) RETURNING id`,
  );
  const spool = database.prepare(
    `INSERT INTO segments (camera, startMs, durationMs, sha256, bytes, state)
     VALUES (?, ?, ?, ?, ?, 'spooled') ON CONFLICT DO NOTHING`,
  );
  const store = database.prepare(
    `INSERT INTO segments
       (camera, startMs, durationMs, sha256, bytes, state, objectKey, checksum, etag, storedMs)
     VALUES (?, ?, ?, ?, ?, 'stored', ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = 'stored', objectKey = excluded.objectKey,
       checksum = excluded.checksum, etag = excluded.etag,
       storedMs = coalesce(storedMs, excluded.storedMs)`,
  );
  const inRange = database.prepare(
    `SELECT startMs, durationMs, sha256, bytes, state, objectKey, checksum, etag, storedMs
     FROM segments
     WHERE camera = ? AND startMs >= ? AND startMs < ? AND startMs + durationMs > ?
       AND (startMs, sha256) > (?, ?)
     ORDER BY startMs, sha256 LIMIT ?`,
  );

  /** Of the camera that now has the name, or else was the last to have it. */
  const find = ({ account, camera }: CameraName): Row | undefined =>
    findCamera.get(account, camera) ?? findLastFormer.get(account, camera);

  /** Of the camera that had the segment's name when it was recorded: what is in the spool is not renamed. */
  const idOf = ({ account, camera, startMs }: SegmentRecord): number => {
    const row = findFormer.get(account, camera, startMs) ?? find({ account, camera });
    if (row !== undefined) return number(row, 'id');
    const now = Date.now();
    const owner = accounts.idOfForeign(account, now);
    return number(addForeign.get(owner, camera, now, now) ?? {}, 'id');
  };

  const columns = (segment: SegmentRecord) =>
    [
      idOf(segment),
      segment.startMs,
      segment.durationMs,
      Buffer.from(segment.sha256, 'hex'),
      segment.bytes,
    ] as const;

  return {
    spooled: (segment) => transaction(database, () => void spool.run(...columns(segment))),
    stored: (segment, { key, checksum, etag }) =>
      transaction(database, () => {
        store.run(...columns(segment), key, checksum ?? null, etag ?? null, Date.now());
      }),
    segments(camera, { fromMs, toMs, limit, after }) {
      const row = find(camera);
      if (row === undefined) {
        throw new UnknownNameError(
          `There is no camera ${formatCameraName(camera)}, and no footage of one. See: cctv camera list`,
        );
      }
      const firstMs = Math.max(fromMs - longestMs, after?.startMs ?? Number.MIN_SAFE_INTEGER);
      return inRange
        .all(
          number(row, 'id'),
          firstMs,
          toMs,
          fromMs,
          after?.startMs ?? Number.MIN_SAFE_INTEGER,
          Buffer.from(after?.sha256 ?? '', 'hex'),
          limit,
        )
        .map((found) => ({
          account: camera.account,
          camera: camera.camera,
          startMs: number(found, 'startMs'),
          durationMs: number(found, 'durationMs'),
          bytes: number(found, 'bytes'),
          sha256: hex(found, 'sha256'),
          state: found['state'] === 'stored' ? 'stored' : 'spooled',
          ...optional(found, 'objectKey', text),
          ...optional(found, 'checksum', text),
          ...optional(found, 'etag', text),
          ...optional(found, 'storedMs', number),
        }));
    },
  };
}
