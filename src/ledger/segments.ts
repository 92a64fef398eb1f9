import { wallNow } from '../lib/clock.ts';
import type { DatabaseSync } from 'node:sqlite';
import type { CameraName } from '../model/camera-name.ts';
import type { GapCause } from '../model/gap-cause.ts';
import type {
  Hole,
  SegmentCursor,
  SegmentInit,
  SegmentRecord,
  StoredProof,
} from '../model/segment.ts';
import type { LedgerSegment } from '../contract/cameras.ts';
import type { CameraIds } from './camera-ids.ts';
import { transaction } from './database.ts';
import { namesAt } from './names-at.ts';
import { blobOf, hex, number, optional, reader, text, word } from './read.ts';

export interface SegmentQueries {
  /**
   * Notes a segment in the spool with its holes: all of it or nothing. Idempotent. Never downgrades a
   * stored segment.
   */
  spooled(segment: SegmentRecord, init?: SegmentInit, holes?: readonly HoleNote[]): void;
  /** Whether a segment is known, spooled or stored. */
  knows(segment: SegmentRecord): boolean;
  /** Notes a segment that is proven to be in the bucket. Idempotent. */
  stored(segment: SegmentRecord, proof: StoredProof): void;
  /** Notes a period without a picture inside a segment. Idempotent. */
  noteHole(hole: CameraName & Hole, cause: GapCause, detail: string): void;
  /** Notes why there may be no footage of a period. Takes nothing away from footage there is. Idempotent. */
  noteLoss(period: CameraName & Hole, cause: GapCause, detail: string): void;
  /**
   * Notes that a segment vanished from the spool before it was stored: deletes its row, and notes its time
   * as a loss. Idempotent. Ignores a stored segment.
   */
  lost(segment: SegmentRecord, cause: GapCause, detail: string): void;
  /**
   * Notes that stored segments are not in the bucket any more: deletes their rows, and notes their time as
   * losses. Idempotent. Ignores segments that aren't stored.
   */
  gone(segments: readonly SegmentRecord[], cause: GapCause, detail: string): void;
  /** The segments that should be in the spool, each under the name with which it was recorded. */
  inSpool(): SegmentRecord[];
  /**
   * The segments of a camera that overlap `fromMs` (inclusive) to `toMs` (exclusive), in the order of
   * time; at most `limit`, starting after `after`. Includes segments recorded under former names, whose
   * objects keep their keys. The camera is found by its present or a former name, even if it was
   * removed.
   *
   * @throws {UnknownNameError} the name was never added and has no footage
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

/** A period without a picture inside a segment, or before it, and why. */
export interface HoleNote extends Hole {
  readonly isBefore?: boolean;
  readonly cause: GapCause;
  readonly detail: string;
}

/** Maximum length of a segment, so that queries need not look further back for overlapping segments. */
export const longestMs = 86_400_000;

const readRecord = reader<SegmentRecord>({
  account: text,
  camera: text,
  startMs: number,
  durationMs: number,
  bytes: number,
  sha256: hex,
});
const readSegment = reader<Omit<LedgerSegment, keyof CameraName>>({
  startMs: number,
  durationMs: number,
  bytes: number,
  sha256: hex,
  state: word(),
  objectKey: optional(text),
  checksum: optional(text),
  etag: optional(text),
  storedMs: optional(number),
});

export function prepareSegments(database: DatabaseSync, ids: CameraIds): SegmentQueries {
  const spool = database.prepare(
    `INSERT INTO segments (camera, startMs, durationMs, sha256, bytes, state, initBytes, initHash)
     VALUES (:camera, :startMs, :durationMs, :sha256, :bytes, 'spooled', :initBytes, :initHash)
     ON CONFLICT DO NOTHING`,
  );
  const store = database.prepare(
    `INSERT INTO segments
       (camera, startMs, durationMs, sha256, bytes, state, objectKey, checksum, etag, storedMs)
     VALUES (:camera, :startMs, :durationMs, :sha256, :bytes, 'stored', :key, :checksum, :etag, :nowMs)
     ON CONFLICT DO UPDATE SET state = 'stored', objectKey = excluded.objectKey,
       checksum = excluded.checksum, etag = excluded.etag,
       storedMs = coalesce(storedMs, excluded.storedMs)`,
  );
  const addLoss = database.prepare(
    `INSERT INTO losses (camera, startMs, durationMs, cause, detail, hole)
     SELECT :camera, :startMs, :durationMs, :cause, :detail, :hole WHERE :durationMs > 0
     ON CONFLICT DO NOTHING`,
  );
  const remove = database.prepare(
    `DELETE FROM segments WHERE camera = :camera AND startMs = :startMs AND sha256 = :sha256`,
  );
  const findStored = database.prepare(
    `SELECT 1 FROM segments
     WHERE camera = :camera AND startMs = :startMs AND sha256 = :sha256 AND state = 'stored'`,
  );
  const find = database.prepare(
    `SELECT 1 FROM segments WHERE camera = :camera AND startMs = :startMs AND sha256 = :sha256`,
  );
  // The rows still give the cause, but no longer mark other footage of that time as missing.
  const forgetHoles = database.prepare(
    `UPDATE OR IGNORE losses SET hole = 0 WHERE camera = :camera AND hole = 1
       AND startMs >= :startMs AND startMs + durationMs <= :startMs + :durationMs`,
  );
  const inSpool = database.prepare(
    `SELECT startMs, durationMs, bytes, sha256, ${namesAt('startMs')}
     FROM segments JOIN cameras ON cameras.id = segments.camera
       JOIN accounts ON accounts.id = cameras.account
     WHERE state = 'spooled' ORDER BY segments.camera, startMs`,
  );
  const inRange = database.prepare(
    `SELECT startMs, durationMs, sha256, bytes, state, objectKey, checksum, etag, storedMs
     FROM segments
     WHERE camera = :camera AND startMs >= :firstMs AND startMs < :toMs
       AND startMs + durationMs > :fromMs AND (startMs, sha256) > (:afterMs, :afterHash)
     ORDER BY startMs, sha256 LIMIT :limit`,
  );

  const columns = (segment: SegmentRecord) => ({
    camera: ids.ofFootage(segment),
    startMs: segment.startMs,
    durationMs: segment.durationMs,
    sha256: blobOf(segment.sha256),
    bytes: segment.bytes,
  });

  return {
    spooled: (segment, init, holes = []) =>
      transaction(database, () => {
        const { camera } = columns(segment);
        for (const { startMs, durationMs, cause, detail, isBefore } of holes) {
          const hole = isBefore === true ? 0 : 1;
          addLoss.run({ camera, startMs, durationMs, cause, detail, hole });
        }
        const [initBytes, initHash] = init ? [init.bytes, blobOf(init.hash)] : [null, null];
        spool.run({ ...columns(segment), initBytes, initHash });
      }),
    knows: (segment) =>
      transaction(database, () => {
        const { camera, startMs, sha256 } = columns(segment);
        return find.get({ camera, startMs, sha256 }) !== undefined;
      }),
    stored: (segment, { key, checksum = null, etag = null }) =>
      transaction(database, () => {
        store.run({ ...columns(segment), key, checksum, etag, nowMs: wallNow() });
      }),
    noteHole: (hole, cause, detail) =>
      transaction(database, () => {
        const { startMs, durationMs } = hole;
        const camera = ids.ofFootage(hole);
        addLoss.run({ camera, startMs, durationMs, cause, detail, hole: 1 });
      }),
    noteLoss: (period, cause, detail) =>
      transaction(database, () => {
        const { startMs, durationMs } = period;
        const camera = ids.ofFootage(period);
        addLoss.run({ camera, startMs, durationMs, cause, detail, hole: 0 });
      }),
    lost: (segment, cause, detail) =>
      transaction(database, () => {
        const { camera, startMs, durationMs, sha256 } = columns(segment);
        if (findStored.get({ camera, startMs, sha256 }) !== undefined) return;
        remove.run({ camera, startMs, sha256 });
        forgetHoles.run({ camera, startMs, durationMs });
        addLoss.run({ camera, startMs, durationMs, cause, detail, hole: 0 });
      }),
    gone: (segments, cause, detail) =>
      transaction(database, () => {
        for (const segment of segments) {
          const { camera, startMs, durationMs, sha256 } = columns(segment);
          if (findStored.get({ camera, startMs, sha256 }) === undefined) continue;
          remove.run({ camera, startMs, sha256 });
          forgetHoles.run({ camera, startMs, durationMs });
          addLoss.run({ camera, startMs, durationMs, cause, detail, hole: 0 });
        }
      }),
    inSpool: () => inSpool.all().map(readRecord),
    list(name, { fromMs, toMs, limit, after }) {
      const afterMs = after?.startMs ?? Number.MIN_SAFE_INTEGER;
      const rows = inRange.all({
        camera: ids.require(name),
        firstMs: Math.max(fromMs - longestMs, afterMs),
        fromMs,
        toMs,
        afterMs,
        afterHash: blobOf(after?.sha256 ?? ''),
        limit,
      });
      const { account, camera } = name;
      return rows.map((row) => ({ account, camera, ...readSegment(row) }));
    },
  };
}
