import type { DatabaseSync } from 'node:sqlite';
import type { CameraName } from '../model/camera-name.ts';
import type { CameraIds } from './camera-ids.ts';
import type { ContinuityQueries } from './continuity.ts';
import { transaction } from './database.ts';
import { number } from './rows.ts';

export interface DaySum {
  readonly storedMs: number;
  readonly spooledMs: number;
  readonly missingMs: number;
}

export interface Days {
  readonly days: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly nowMs: number;
  /** Whether footage is being written now, to a file that is no segment yet. */
  readonly isRecording: boolean;
}

export interface DaySumQueries {
  /**
   * What became of each of some stretches, of at most two days. Kept once a stretch is long over,
   * until something changes in it: the second time costs next to nothing.
   *
   * @throws {UnknownNameError} for a name that never had footage nor was added
   */
  daySums(camera: CameraName, days: Days): DaySum[];
}

/** By then all that may become a segment is one. */
const settledMs = 2 * 3_600_000;
const longestMs = 2 * 86_400_000;

export function prepareDaySums(
  database: DatabaseSync,
  ids: CameraIds,
  continuity: ContinuityQueries,
): DaySumQueries {
  const find = database.prepare(
    'SELECT storedMs, spooledMs, missingMs FROM daySums WHERE camera = ? AND startMs = ? AND endMs = ?',
  );
  const keep = database.prepare(
    `INSERT INTO daySums (camera, startMs, endMs, storedMs, spooledMs, missingMs)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  return {
    daySums(name, { days, nowMs, isRecording }) {
      const camera = ids.require(name);
      const found: [number, number, DaySum][] = [];
      const sums = days.map(({ fromMs, toMs }): DaySum => {
        if (fromMs >= nowMs) return { storedMs: 0, spooledMs: 0, missingMs: 0 };
        const row = find.get(camera, fromMs, toMs);
        if (row !== undefined) {
          return {
            storedMs: number(row, 'storedMs'),
            spooledMs: number(row, 'spooledMs'),
            missingMs: number(row, 'missingMs'),
          };
        }
        const range = { fromMs, toMs, nowMs, isRecording };
        const { storedMs, spooledMs, missingMs } = continuity.continuity(name, range);
        const sum = { storedMs, spooledMs, missingMs };
        if (toMs + settledMs <= nowMs && toMs - fromMs <= longestMs)
          found.push([fromMs, toMs, sum]);
        return sum;
      });
      if (found.length > 0) {
        // In one go: each transaction waits for the disk.
        transaction(database, () => {
          for (const [fromMs, toMs, { storedMs, spooledMs, missingMs }] of found) {
            keep.run(camera, fromMs, toMs, storedMs, spooledMs, missingMs);
          }
        });
      }
      return sums;
    },
  };
}
