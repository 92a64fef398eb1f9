import type { DatabaseSync } from 'node:sqlite';
import type { CameraName } from '../model/camera-name.ts';
import type { ContinuityRange, DaySum, Days } from '../model/continuity.ts';
import type { CameraIds } from './camera-ids.ts';
import { transaction } from './database.ts';
import { number, reader } from './read.ts';

/** After this time, all footage of a period has become segments. */
const settledMs = 2 * 3_600_000;
const longestMs = 2 * 86_400_000;

const readSum = reader<DaySum>({ storedMs: number, spooledMs: number, missingMs: number });

/** @param sum computes the sum of a period that is not cached */
export function prepareDaySums(
  database: DatabaseSync,
  ids: CameraIds,
  sum: (camera: CameraName, range: ContinuityRange) => DaySum,
): (camera: CameraName, days: Days) => DaySum[] {
  const find = database.prepare(
    `SELECT storedMs, spooledMs, missingMs FROM daySums
     WHERE camera = :camera AND startMs = :fromMs AND endMs = :toMs`,
  );
  const keep = database.prepare(
    `INSERT INTO daySums (camera, startMs, endMs, storedMs, spooledMs, missingMs)
     VALUES (:camera, :fromMs, :toMs, :storedMs, :spooledMs, :missingMs) ON CONFLICT DO NOTHING`,
  );

  return (name, { days, nowMs, isRecording }) => {
    const camera = ids.require(name);
    const settled: Record<string, number>[] = [];
    const sums = days.map(({ fromMs, toMs }): DaySum => {
      if (fromMs >= nowMs) return { storedMs: 0, spooledMs: 0, missingMs: 0 };
      const row = find.get({ camera, fromMs, toMs });
      if (row !== undefined) return readSum(row);
      const { storedMs, spooledMs, missingMs } = sum(name, { fromMs, toMs, nowMs, isRecording });
      const found = { storedMs, spooledMs, missingMs };
      if (toMs + settledMs <= nowMs && toMs - fromMs <= longestMs) {
        settled.push({ camera, fromMs, toMs, ...found });
      }
      return found;
    });
    if (settled.length > 0) {
      // In one transaction, since each transaction waits for the disk.
      transaction(database, () => {
        for (const row of settled) keep.run(row);
      });
    }
    return sums;
  };
}
