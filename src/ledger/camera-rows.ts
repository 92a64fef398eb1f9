import type { DatabaseSync } from 'node:sqlite';
import type { Amount, Camera, CameraKey } from '../model/camera.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { UnknownNameError } from '../model/errors.ts';
import type { AccountRows } from './account-rows.ts';
import { hint } from './hint.ts';
import { json, number, optional, reader, type Row, text, word } from './read.ts';
import type { StateRows } from './states.ts';

/** Access to rows of cameras that were not removed, for other queries. */
export interface CameraRows {
  find(name: CameraName): Camera | undefined;
  /** @throws {UnknownNameError} names the existing cameras */
  require(name: CameraName): Camera;
  /** @throws {UnknownNameError} names the existing cameras */
  idOf(name: CameraName): number;
  /** All cameras, or those of one account, in the order of their names. */
  list(account?: string): Camera[];
  /** Whether a camera of this name exists, or existed. */
  status(account: string, camera: string): 'absent' | 'there' | 'removed';
  /** Marks a camera as removed, and deletes its keys and its RTSP login. */
  remove(camera: number, nowMs: number): void;
}

/** Columns with the former names of a camera and of its account, as JSON. */
export const formerNameColumns = `
  (SELECT json_group_array(DISTINCT formerNames.name) FROM formerNames
    WHERE formerNames.camera = cameras.id AND formerNames.name <> cameras.name) AS formerNames,
  (SELECT json_group_array(DISTINCT former.name) FROM formerAccountNames AS former
    WHERE former.account = accounts.id AND former.name <> accounts.name) AS formerAccounts`;

const select = `
  SELECT cameras.id, accounts.name AS account, cameras.name AS camera, rtspPath, rtspUser,
    rtspPassword, profile, cameras.createdMs, newSinceMs, disabledMs, firstContactMs,
    ${formerNameColumns},
    (SELECT json_group_array(json_object('algorithm', algorithm, 'fingerprint', fingerprint,
      'comment', comment, 'addedMs', addedMs,
      'isSuccessor', json(iif(successor, 'true', 'false'))))
      FROM keys WHERE keys.camera = cameras.id) AS keys,
    (SELECT json_group_object(state, json_object('segments', segments, 'bytes', bytes,
      'durationMs', durationMs)) FROM totals WHERE totals.camera = cameras.id) AS amounts,
    (SELECT max(newestEndMs) FROM totals WHERE totals.camera = cameras.id) AS newestEndMs
  FROM cameras JOIN accounts ON accounts.id = cameras.account
  WHERE cameras.removedMs IS NULL`;

const nothing: Amount = { segments: 0, bytes: 0, durationMs: 0 };
const readAmounts = json<{ readonly stored?: Amount; readonly spooled?: Amount }>();
const readNewestEnd = reader<{ readonly newestEndMs?: number }>({ newestEndMs: optional(number) });
const readColumns = reader<Omit<Camera, 'totals'>>({
  account: text,
  camera: text,
  rtspPath: text,
  rtspUser: optional(text),
  rtspPassword: optional(text),
  profile: optional(word()),
  createdMs: number,
  newSinceMs: optional(number),
  disabledMs: optional(number),
  firstContactMs: optional(number),
  formerNames: json(),
  formerAccounts: json(),
  keys: json<CameraKey[]>(),
});

function readCamera(row: Row): Camera {
  const { stored = nothing, spooled = nothing } = readAmounts(row['amounts']);
  return { ...readColumns(row), totals: { stored, spooled, ...readNewestEnd(row) } };
}

export function prepareCameraRows(
  database: DatabaseSync,
  accounts: AccountRows,
  states: StateRows,
): CameraRows {
  const byName = database.prepare(
    `${select} AND accounts.name = :account AND cameras.name = :camera`,
  );
  const all = database.prepare(`${select} ORDER BY accounts.name, cameras.name`);
  const ofAccount = database.prepare(`${select} AND accounts.name = ? ORDER BY cameras.name`);
  const anyByName = database.prepare(
    `SELECT cameras.removedMs FROM cameras JOIN accounts ON accounts.id = cameras.account
     WHERE accounts.name = :account AND cameras.name = :camera`,
  );
  const setRemoved = database.prepare(
    'UPDATE cameras SET removedMs = :nowMs, rtspUser = NULL, rtspPassword = NULL WHERE id = :id',
  );
  const deleteKeys = database.prepare('DELETE FROM keys WHERE camera = ?');
  // Another camera may get the name later, which these viewers were not let to see.
  const deleteRights = database.prepare('DELETE FROM viewerCameras WHERE camera = ?');

  const findRow = ({ account, camera }: CameraName): Row | undefined =>
    byName.get({ account, camera });

  const list: CameraRows['list'] = (account) => {
    if (account !== undefined) accounts.idOf(account);
    return (account === undefined ? all.all() : ofAccount.all(account)).map(readCamera);
  };

  const requireRow = (name: CameraName): Row => {
    const row = findRow(name);
    if (row !== undefined) return row;
    const wanted = formatCameraName(name);
    const existing = list(name.account).map(formatCameraName);
    throw new UnknownNameError(`There is no camera ${wanted}.${hint('cameras', wanted, existing)}`);
  };

  return {
    list,
    find(name) {
      const row = findRow(name);
      return row && readCamera(row);
    },
    require: (name) => readCamera(requireRow(name)),
    idOf: (name) => number(requireRow(name)['id']),
    status(account, camera) {
      const row = anyByName.get({ account, camera });
      if (row === undefined) return 'absent';
      return row['removedMs'] === null ? 'there' : 'removed';
    },
    remove(id, nowMs) {
      setRemoved.run({ id, nowMs });
      deleteKeys.run(id);
      deleteRights.run(id);
      states.write(id, 'disabled', 'removed', nowMs);
    },
  };
}
