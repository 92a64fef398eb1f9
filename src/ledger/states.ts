import type { DatabaseSync } from 'node:sqlite';
import { neverConnected } from '../model/camera-state.ts';
import type { RecordingState } from '../model/gap-cause.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { CameraIds } from './camera-ids.ts';
import { transaction } from './database.ts';
import { number, text } from './rows.ts';

export interface StateQueries {
  /**
   * Notes what a camera's recording does from `atMs` on. The same state and detail as noted last
   * changes nothing; nor does anything while the camera is disabled or removed.
   *
   * @throws {UnknownNameError} for a name that no camera has or had
   */
  noteState(camera: CameraName, state: RecordingState, detail: string, atMs: number): void;
  /** What the recording of the camera with this id does, as noted last. */
  presentState(camera: number): { readonly state: RecordingState; readonly detail: string };
}

/** The rows of states, for other queries, inside their transactions. */
export interface StateRows {
  note(camera: number, state: RecordingState, detail: string, atMs: number): void;
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

  const note: StateRows['note'] = (camera, state, detail, atMs) => {
    const last = newest(camera);
    if (last?.state === state && last.detail === detail) return;
    if (last === undefined || last.atMs < atMs) return void insert.run(camera, atMs, state, detail);
    // The clock was set back. What was noted for the time that comes again stays, since it explains
    // gaps; but what was noted last holds from there on, as it does from now on.
    if (atMs < last.atMs) insert.run(camera, atMs, state, detail);
    insert.run(camera, last.atMs + 1, state, detail);
  };

  return {
    note,
    newest,
    presentState(camera) {
      const last = newest(camera);
      if (last === undefined) return { state: neverConnected, detail: '' };
      // Only such are ever written.
      return { state: last.state as RecordingState, detail: last.detail };
    },
    noteState(name, state, detail, atMs) {
      const camera = ids.require(name);
      if (takesNotes.get(camera) === undefined) return;
      transaction(database, () => note(camera, state, detail, atMs));
    },
  };
}
