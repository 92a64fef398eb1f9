import type { DatabaseSync } from 'node:sqlite';
import { neverConnected } from '../model/camera-state.ts';
import type { RecordingState } from '../model/gap-cause.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { CameraIds } from './camera-ids.ts';
import { transaction } from './database.ts';
import { number, optional, text } from './rows.ts';

/** What a camera's recording does now. Times are milliseconds since 1970 UTC. */
export interface RecordedCamera extends CameraName {
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

export interface StateQueries {
  /**
   * Notes what a camera's recording does from `atMs` on. The same state and detail as noted last
   * changes nothing; nor does anything while the camera is disabled or removed.
   *
   * @throws {UnknownNameError} for a name that no camera has or had
   */
  note(camera: CameraName, state: RecordingState, detail: string, atMs: number): void;
  /** What the recording of the camera with this id does, as noted last. */
  present(camera: number): { readonly state: RecordingState; readonly detail: string };
  /** Of all cameras, or those of one account, in the order of their names. Asked often: no keys, no totals. */
  list(account?: string): RecordedCamera[];
}

/** The rows of states, for other queries, inside their transactions. */
export interface StateRows {
  write(camera: number, state: RecordingState, detail: string, atMs: number): void;
  newest(
    camera: number,
  ): { readonly atMs: number; readonly state: string; readonly detail: string } | undefined;
}

export function prepareStates(database: DatabaseSync, ids: CameraIds): StateQueries & StateRows {
  const findNewest = database.prepare(
    'SELECT atMs, state, detail FROM states WHERE camera = ? ORDER BY atMs DESC LIMIT 1',
  );
  const insert = database.prepare(
    `INSERT INTO states (camera, atMs, state, detail) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state, detail = excluded.detail`,
  );
  const takesNotes = database.prepare(
    'SELECT 1 FROM cameras WHERE id = ? AND removedMs IS NULL AND disabledMs IS NULL',
  );

  const newest: StateRows['newest'] = (camera) => {
    const row = findNewest.get(camera);
    return (
      row && { atMs: number(row, 'atMs'), state: text(row, 'state'), detail: text(row, 'detail') }
    );
  };

  const write: StateRows['write'] = (camera, state, detail, atMs) => {
    const last = newest(camera);
    if (last?.state === state && last.detail === detail) return;
    if (last === undefined || last.atMs < atMs) return void insert.run(camera, atMs, state, detail);
    // The clock was set back. What was noted for the time that comes again stays, since it explains
    // gaps; but what was noted last holds from there on, as it does from now on.
    if (atMs < last.atMs) insert.run(camera, atMs, state, detail);
    insert.run(camera, last.atMs + 1, state, detail);
  };

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
    write,
    newest,
    list: (account) =>
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
    present(camera) {
      const last = newest(camera);
      if (last === undefined) return { state: neverConnected, detail: '' };
      // Only such are ever written.
      return { state: last.state as RecordingState, detail: last.detail };
    },
    note(name, state, detail, atMs) {
      const camera = ids.require(name);
      if (takesNotes.get(camera) === undefined) return;
      transaction(database, () => write(camera, state, detail, atMs));
    },
  };
}
