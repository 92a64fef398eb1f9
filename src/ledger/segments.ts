import type { DatabaseSync } from 'node:sqlite';
import type { GapCause } from '../model/gap-cause.ts';
import type { Stretch } from '../model/continuity.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { CameraIds } from './camera-ids.ts';
import { transaction } from './database.ts';
import { namesAt } from './names-at.ts';
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
  /** Notes a stretch without a picture inside a segment. Twice is as once. */
  noteHole(stretch: Stretch, cause: GapCause, detail: string): void;
  /**
   * Notes that a segment which was not stored yet is gone from the spool: its row goes, and its time
   * is a loss. Twice is as once; one that is stored is left alone.
   */
  lost(segment: SegmentRecord, cause: GapCause, detail: string): void;
  /** The segments that should lie in the spool, each under the name it was recorded with. */
  inSpool(): SegmentRecord[];
  /**
   * The segments of a camera, by its name, an earlier name of its, or that of a removed one; also those
   * that were recorded under an earlier name, whose objects keep the keys they had. Of them, those that overlap `fromMs` (inclusive) to `toMs`
   * (exclusive), in the order of time; at most `limit`, beginning after `after`.
   *
   * @throws {UnknownNameError} for a name that never had footage nor was added
   */
  list(
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

  const insertLoss = database.prepare(
    `INSERT INTO losses (camera, startMs, durationMs, cause, detail, hole)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const isStored = database.prepare(
    `SELECT 1 FROM segments WHERE camera = ? AND startMs = ? AND sha256 = ? AND state = 'stored'`,
  );
  const remove = database.prepare(
    'DELETE FROM segments WHERE camera = ? AND startMs = ? AND sha256 = ?',
  );
  // They still say why the time is missing; they take nothing away from other footage of it.
  const forgetHoles = database.prepare(
    `UPDATE OR IGNORE losses SET hole = 0
     WHERE camera = ? AND hole = 1 AND startMs >= ? AND startMs + durationMs <= ?`,
  );
  const spooled = database.prepare(
    `SELECT startMs, durationMs, bytes, sha256, ${namesAt('startMs')}
     FROM segments JOIN cameras ON cameras.id = segments.camera
       JOIN accounts ON accounts.id = cameras.account
     WHERE state = 'spooled' ORDER BY segments.camera, startMs`,
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
    noteHole: (stretch, cause, detail) =>
      transaction(database, () => {
        const { startMs, durationMs } = stretch;
        if (durationMs > 0)
          insertLoss.run(ids.ofFootage(stretch), startMs, durationMs, cause, detail, 1);
      }),
    lost: (segment, cause, detail) =>
      transaction(database, () => {
        const camera = ids.ofFootage(segment);
        const { startMs, durationMs } = segment;
        const sha256 = Buffer.from(segment.sha256, 'hex');
        if (isStored.get(camera, startMs, sha256) !== undefined) return;
        remove.run(camera, startMs, sha256);
        forgetHoles.run(camera, startMs, startMs + durationMs);
        if (durationMs > 0) insertLoss.run(camera, startMs, durationMs, cause, detail, 0);
      }),
    inSpool: () =>
      spooled.all().map((row) => ({
        account: text(row, 'account'),
        camera: text(row, 'camera'),
        startMs: number(row, 'startMs'),
        durationMs: number(row, 'durationMs'),
        bytes: number(row, 'bytes'),
        sha256: hex(row, 'sha256'),
      })),
    list(camera, { fromMs, toMs, limit, after }) {
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
