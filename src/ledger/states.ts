import type { DatabaseSync } from 'node:sqlite';
import type { CameraName } from '../model/camera-name.ts';
import { neverConnected } from '../model/camera-state.ts';
import type { RecordedCamera } from '../model/camera-status.ts';
import type { RecordingState } from '../model/gap-cause.ts';
import type { CameraIds } from './camera-ids.ts';
import { transaction } from './database.ts';
import { number, optional, reader, text, word } from './read.ts';

export interface StateQueries {
  /**
   * Notes the state of a camera's recording from `atMs` on. Changes nothing if that is the current state
   * and detail, or if the camera is disabled or removed.
   *
   * @throws {UnknownNameError} no camera has or had that name
   */
  note(camera: CameraName, state: RecordingState, detail: string, atMs: number): void;
  /** The newest state of the camera with this id. */
  present(camera: number): { readonly state: RecordingState; readonly detail: string };
  /** All cameras, or those of one account, in the order of their names. Called often, so without keys and totals. */
  list(account?: string): RecordedCamera[];
}

interface State {
  readonly atMs: number;
  readonly state: RecordingState;
  readonly detail: string;
}

/** Access to rows of states for other queries, within their transactions. */
export interface StateRows {
  write(camera: number, state: RecordingState, detail: string, atMs: number): void;
  newest(camera: number): State | undefined;
}

const readState = reader<State>({ atMs: number, state: word(), detail: text });
const readCamera = reader<RecordedCamera>({
  account: text,
  camera: text,
  state: word(),
  detail: text,
  sinceMs: number,
  newSinceMs: optional(number),
  disabledMs: optional(number),
  firstContactMs: optional(number),
  newestFootageMs: optional(number),
});

// A camera gets a state when it is added, but a rebuilt ledger may lack it.
const select = `
  SELECT accounts.name AS account, cameras.name AS camera, atMs AS sinceMs,
    coalesce(state, '${neverConnected}') AS state, coalesce(detail, '') AS detail,
    newSinceMs, disabledMs, firstContactMs,
    (SELECT max(newestEndMs) FROM totals WHERE totals.camera = cameras.id) AS newestFootageMs
  FROM cameras JOIN accounts ON accounts.id = cameras.account
  LEFT JOIN states ON states.camera = cameras.id AND atMs =
    (SELECT max(atMs) FROM states AS newest WHERE newest.camera = cameras.id)
  WHERE cameras.removedMs IS NULL AND accounts.removedMs IS NULL`;

export function prepareStates(database: DatabaseSync, ids: CameraIds): StateQueries & StateRows {
  const findNewest = database.prepare(
    'SELECT atMs, state, detail FROM states WHERE camera = ? ORDER BY atMs DESC LIMIT 1',
  );
  const insert = database.prepare(
    `INSERT INTO states (camera, atMs, state, detail) VALUES (:camera, :atMs, :state, :detail)
     ON CONFLICT DO UPDATE SET state = excluded.state, detail = excluded.detail`,
  );
  const takesNotes = database.prepare(
    'SELECT 1 FROM cameras WHERE id = ? AND removedMs IS NULL AND disabledMs IS NULL',
  );
  const all = database.prepare(`${select} ORDER BY accounts.name, cameras.name`);
  const ofAccount = database.prepare(`${select} AND accounts.name = ? ORDER BY cameras.name`);

  const newest: StateRows['newest'] = (camera) => {
    const row = findNewest.get(camera);
    return row && readState(row);
  };

  const write: StateRows['write'] = (camera, state, detail, atMs) => {
    const last = newest(camera);
    if (last?.state === state && last.detail === detail) return;
    if (last === undefined || last.atMs < atMs) {
      insert.run({ camera, atMs, state, detail });
      return;
    }
    // The clock was set back. Earlier notes for the repeated time stay, since they explain gaps. So the
    // new state is noted both for now and for the end of the repeated time.
    if (atMs < last.atMs) insert.run({ camera, atMs, state, detail });
    insert.run({ camera, atMs: last.atMs + 1, state, detail });
  };

  return {
    write,
    newest,
    list: (account) => (account === undefined ? all.all() : ofAccount.all(account)).map(readCamera),
    present: (camera) => newest(camera) ?? { state: neverConnected, detail: '' },
    note(name, state, detail, atMs) {
      const camera = ids.require(name);
      if (takesNotes.get(camera) === undefined) return;
      transaction(database, () => write(camera, state, detail, atMs));
    },
  };
}
