import type { DatabaseSync } from 'node:sqlite';
import type { CameraName } from '../model/camera-name.ts';
import type { CameraIds } from './camera-ids.ts';
import { transaction } from './database.ts';
import { hex, number, optional, text } from './rows.ts';
import type {
  LedgerSegment,
  SegmentCursor,
  SegmentInit,
  SegmentRecord,
  StoredProof,
} from '../model/segment.ts';

export interface SegmentQueries {
  /** Notes a segment that lies in the spool. Twice is as once; one that is stored stays so. */
  spooled(segment: SegmentRecord, init?: SegmentInit): void;
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
export const longestMs = 86_400_000;

export function prepareSegments(database: DatabaseSync, ids: CameraIds): SegmentQueries {
  const spool = database.prepare(
    `INSERT INTO segments (camera, startMs, durationMs, sha256, bytes, state, initBytes, initHash)
     VALUES (?, ?, ?, ?, ?, 'spooled', ?, ?) ON CONFLICT DO NOTHING`,
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

  const columns = (segment: SegmentRecord) =>
    [
      ids.ofFootage(segment),
      segment.startMs,
      segment.durationMs,
      Buffer.from(segment.sha256, 'hex'),
      segment.bytes,
    ] as const;

  return {
    spooled: (segment, init) =>
      transaction(database, () => {
        const hash = init === undefined ? null : Buffer.from(init.hash, 'hex');
        spool.run(...columns(segment), init?.bytes ?? null, hash);
      }),
    stored: (segment, { key, checksum, etag }) =>
      transaction(database, () => {
        store.run(...columns(segment), key, checksum ?? null, etag ?? null, Date.now());
      }),
    segments(camera, { fromMs, toMs, limit, after }) {
      const id = ids.require(camera);
      const firstMs = Math.max(fromMs - longestMs, after?.startMs ?? Number.MIN_SAFE_INTEGER);
      return inRange
        .all(
          id,
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
