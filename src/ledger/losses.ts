import type { DatabaseSync } from 'node:sqlite';
import type { GapCause } from '../model/gap-cause.ts';
import type { CameraIds } from './camera-ids.ts';
import { transaction } from './database.ts';
import { namesAt } from './names-at.ts';
import { hex, number, text } from './rows.ts';
import type { Stretch } from '../model/continuity.ts';
import type { SegmentRecord } from '../model/segment.ts';

export interface LossQueries {
  /** Notes a stretch without a picture inside a segment. Twice is as once. */
  noteLoss(stretch: Stretch, cause: GapCause, detail: string): void;
  /**
   * Notes that a segment which was not stored yet is gone from the spool: its row goes, and its time
   * is a loss. Twice is as once; one that is stored is left alone.
   */
  lost(segment: SegmentRecord, cause: GapCause, detail: string): void;
  /** The segments that should lie in the spool, each under the name it was recorded with. */
  spooledSegments(): SegmentRecord[];
}

export function prepareLosses(database: DatabaseSync, ids: CameraIds): LossQueries {
  const insert = database.prepare(
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

  return {
    noteLoss: (stretch, cause, detail) =>
      transaction(database, () => {
        const { startMs, durationMs } = stretch;
        if (durationMs > 0)
          insert.run(ids.ofFootage(stretch), startMs, durationMs, cause, detail, 1);
      }),
    lost: (segment, cause, detail) =>
      transaction(database, () => {
        const camera = ids.ofFootage(segment);
        const { startMs, durationMs } = segment;
        const sha256 = Buffer.from(segment.sha256, 'hex');
        if (isStored.get(camera, startMs, sha256) !== undefined) return;
        remove.run(camera, startMs, sha256);
        forgetHoles.run(camera, startMs, startMs + durationMs);
        if (durationMs > 0) insert.run(camera, startMs, durationMs, cause, detail, 0);
      }),
    spooledSegments: () =>
      spooled.all().map((row) => ({
        account: text(row, 'account'),
        camera: text(row, 'camera'),
        startMs: number(row, 'startMs'),
        durationMs: number(row, 'durationMs'),
        bytes: number(row, 'bytes'),
        sha256: hex(row, 'sha256'),
      })),
  };
}
