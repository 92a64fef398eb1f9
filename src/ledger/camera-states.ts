import type { DatabaseSync } from 'node:sqlite';
import { neverConnected } from '../model/camera-state.ts';
import type { RecordingState } from '../model/gap-cause.ts';
import type { CameraName } from '../model/camera-name.ts';
import { number, optional, text } from './rows.ts';

/** What a camera's recording does now. Times are milliseconds since 1970 UTC. */
export interface CameraState extends CameraName {
  readonly state: RecordingState;
  readonly detail: string;
  readonly sinceMs: number;
  /** Since when it waits to be adopted or rejected. */
  readonly newSinceMs?: number;
  readonly disabledMs?: number;
  /** When it first dialled in, since it was added or its hardware replaced. */
  readonly firstContactMs?: number;
  /** The end of the newest footage in spool and bucket. */
  readonly newestFootageMs?: number;
}

export interface CameraStateQueries {
  /** Of all cameras, or those of one account, in the order of their names. Asked often: no keys, no totals. */
  cameraStates(account?: string): CameraState[];
}

export function prepareCameraStates(database: DatabaseSync): CameraStateQueries {
  const select = `
    SELECT accounts.name AS account, cameras.name AS camera, atMs, state, detail,
      newSinceMs, disabledMs, firstContactMs,
      (SELECT max(newestEndMs) FROM totals WHERE totals.camera = cameras.id) AS newestFootageMs
    FROM cameras JOIN accounts ON accounts.id = cameras.account
    LEFT JOIN states ON states.camera = cameras.id AND atMs =
      (SELECT max(atMs) FROM states AS newest WHERE newest.camera = cameras.id)
    WHERE cameras.removedMs IS NULL AND accounts.removedMs IS NULL`;
  const all = database.prepare(`${select} ORDER BY accounts.name, cameras.name`);
  const ofAccount = database.prepare(`${select} AND accounts.name = ? ORDER BY cameras.name`);
  return {
    cameraStates: (account) =>
      (account === undefined ? all.all() : ofAccount.all(account)).map((row) => ({
        account: text(row, 'account'),
        camera: text(row, 'camera'),
        // Nothing else is written to the table; a camera has a state as soon as it is there.
        state: (row['state'] === null ? neverConnected : text(row, 'state')) as RecordingState,
        detail: row['detail'] === null ? '' : text(row, 'detail'),
        sinceMs: number(row, 'atMs'),
        ...optional(row, 'newSinceMs', number),
        ...optional(row, 'disabledMs', number),
        ...optional(row, 'firstContactMs', number),
        ...optional(row, 'newestFootageMs', number),
      })),
  };
}
