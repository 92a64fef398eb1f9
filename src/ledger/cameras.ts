import type { DatabaseSync } from 'node:sqlite';
import { neverConnected } from '../model/camera-state.ts';
import { OperatorError } from '../lib/errors.ts';
import { type CameraName, formatCameraName, isLabel, labelRule } from '../model/camera-name.ts';
import type { AccountRows } from './accounts.ts';
import { readCamera, readFormerNames } from './camera-rows.ts';
import { transaction } from './database.ts';
import { DuplicateError, hint, UnknownNameError } from './errors.ts';
import { number, text } from './rows.ts';
import type { StateRows } from './states.ts';
import { type PublicKey } from '../model/public-key.ts';
import { type Camera, defaultRtspPath, type KnownCamera, type NewCamera } from '../model/camera.ts';

export interface CameraQueries {
  /**
   * Adds a camera to an account. One that was removed earlier under the same name goes on with its
   * footage.
   *
   * @throws {UnknownNameError} without the account; {@link DuplicateError} if the name or the key is taken
   */
  addCamera(camera: NewCamera): Camera;
  /** Whose key this is. For each dial-in, so one look-up in an index. */
  findCamera(key: {
    readonly algorithm: string;
    readonly blob: Uint8Array;
  }): KnownCamera | undefined;
  /** One camera; undefined if there is none or it was removed. */
  camera(name: CameraName): Camera | undefined;
  /** @throws {UnknownNameError} which says what there is instead */
  requireCamera(name: CameraName): Camera;
  /** All cameras, or those of one account, in the order of their names. */
  cameras(account?: string): Camera[];
  /**
   * Removes a camera and its keys. Its segments stay.
   *
   * @throws {UnknownNameError}
   */
  removeCamera(name: CameraName): void;
}

/** The rows of cameras and keys, for other queries. */
export interface CameraRows {
  /** @throws {UnknownNameError} */
  requireId(name: CameraName): number;
  /** Whether there is, or was, a camera of this name. */
  status(account: string, camera: string): 'absent' | 'there' | 'removed';
  /** @throws {DuplicateError} if it is the key of a camera already */
  addKey(camera: number, key: PublicKey, successor: boolean): void;
  /** Marks a camera as removed and forgets its keys. */
  markRemoved(camera: number, nowMs: number): void;
}

const formerNames = `(SELECT json_group_array(DISTINCT formerNames.name) FROM formerNames
  WHERE formerNames.camera = cameras.id AND formerNames.name <> cameras.name) AS formerNames,
  (SELECT json_group_array(DISTINCT former.name) FROM formerAccountNames AS former
    WHERE former.account = accounts.id AND former.name <> accounts.name) AS formerAccounts`;

const select = `
  SELECT cameras.id, accounts.name AS account, cameras.name AS camera, rtspPath, rtspUser,
    rtspPassword, profile, cameras.createdMs, newSinceMs, disabledMs, firstContactMs, ${formerNames},
    (SELECT json_group_array(json_object('algorithm', algorithm, 'fingerprint', fingerprint,
      'comment', comment, 'addedMs', addedMs, 'successor', successor))
      FROM keys WHERE keys.camera = cameras.id) AS keys,
    (SELECT json_group_object(state, json_object('segments', segments, 'bytes', bytes,
      'durationMs', durationMs, 'newestEndMs', newestEndMs))
      FROM totals WHERE totals.camera = cameras.id) AS totals
  FROM cameras JOIN accounts ON accounts.id = cameras.account
  WHERE cameras.removedMs IS NULL`;

export function prepareCameras(
  database: DatabaseSync,
  accounts: AccountRows,
  states: StateRows,
): CameraQueries & CameraRows {
  const byKey = database.prepare(
    `SELECT accounts.name AS account, cameras.name AS camera, disabledMs, ${formerNames}
     FROM keys JOIN cameras ON cameras.id = keys.camera JOIN accounts ON accounts.id = cameras.account
     WHERE keys.blob = ? AND keys.algorithm = ?`,
  );
  const byName = database.prepare(`${select} AND accounts.name = ? AND cameras.name = ?`);
  const all = database.prepare(`${select} ORDER BY accounts.name, cameras.name`);
  const ofAccount = database.prepare(`${select} AND accounts.name = ? ORDER BY cameras.name`);
  const add = database.prepare(
    `INSERT INTO cameras (account, name, rtspPath, rtspUser, rtspPassword, profile, createdMs)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET rtspPath = excluded.rtspPath, rtspUser = excluded.rtspUser,
       rtspPassword = excluded.rtspPassword, profile = excluded.profile,
       createdMs = excluded.createdMs, removedMs = NULL, newSinceMs = NULL, disabledMs = NULL,
       firstContactMs = NULL
     RETURNING id`,
  );
  const insertKey = database.prepare(
    `INSERT INTO keys (camera, algorithm, blob, fingerprint, comment, addedMs, successor)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const anyByName = database.prepare(
    `SELECT cameras.removedMs FROM cameras JOIN accounts ON accounts.id = cameras.account
     WHERE accounts.name = ? AND cameras.name = ?`,
  );
  const setRemoved = database.prepare(
    'UPDATE cameras SET removedMs = ?, rtspUser = NULL, rtspPassword = NULL WHERE id = ?',
  );
  const deleteKeys = database.prepare('DELETE FROM keys WHERE camera = ?');

  const findCamera: CameraQueries['findCamera'] = ({ algorithm, blob }) => {
    const row = byKey.get(blob, algorithm);
    return (
      row && {
        account: text(row, 'account'),
        camera: text(row, 'camera'),
        disabled: row['disabledMs'] !== null,
        ...readFormerNames(row),
      }
    );
  };

  const camera: CameraQueries['camera'] = (name) => {
    const row = byName.get(name.account, name.camera);
    return row && readCamera(row);
  };

  const cameras: CameraQueries['cameras'] = (account) => {
    if (account !== undefined) accounts.idOf(account);
    return (account === undefined ? all.all() : ofAccount.all(account)).map(readCamera);
  };

  const requireCamera: CameraQueries['requireCamera'] = (name) => {
    const found = camera(name);
    if (found !== undefined) return found;
    const wanted = formatCameraName(name);
    const existing = cameras(name.account).map(formatCameraName);
    throw new UnknownNameError(`There is no camera ${wanted}.${hint('cameras', wanted, existing)}`);
  };

  const requireId: CameraRows['requireId'] = (name) => {
    requireCamera(name);
    return number(byName.get(name.account, name.camera) ?? {}, 'id');
  };

  const addKey: CameraRows['addKey'] = (id, key, successor) => {
    const owner = findCamera(key);
    if (owner !== undefined) {
      throw new DuplicateError(
        `The key ${key.fingerprint} is that of ${formatCameraName(owner)} already. Each camera needs its own: make another, or remove that camera.`,
      );
    }
    const { algorithm, blob, fingerprint, comment } = key;
    insertKey.run(id, algorithm, blob, fingerprint, comment, Date.now(), Number(successor));
  };

  const markRemoved: CameraRows['markRemoved'] = (id, nowMs) => {
    setRemoved.run(nowMs, id);
    deleteKeys.run(id);
    states.note(id, 'disabled', 'removed', nowMs);
  };

  return {
    findCamera,
    camera,
    requireCamera,
    cameras,
    requireId,
    addKey,
    markRemoved,
    status(account, name) {
      const row = anyByName.get(account, name);
      return row === undefined ? 'absent' : row['removedMs'] === null ? 'there' : 'removed';
    },
    addCamera: (given) =>
      transaction(database, () => {
        const name = formatCameraName(given);
        if (!isLabel(given.camera)) {
          throw new OperatorError(
            `"${given.camera}" can't be the name of a camera: use ${labelRule}.`,
          );
        }
        const account = accounts.idOf(given.account);
        if (camera(given) !== undefined) {
          throw new DuplicateError(`There is a camera ${name} already.`);
        }
        const { rtspPath = defaultRtspPath, rtspUser, rtspPassword, profile, key } = given;
        const nowMs = Date.now();
        const row = add.get(
          account,
          given.camera,
          rtspPath,
          rtspUser ?? null,
          rtspPassword ?? null,
          profile ?? null,
          nowMs,
        );
        const id = number(row ?? {}, 'id');
        addKey(id, key, false);
        states.note(id, neverConnected, '', nowMs);
        const added = camera(given);
        if (added === undefined) throw new Error(`${name} was added and is not there`);
        return added;
      }),
    removeCamera: (name) => transaction(database, () => markRemoved(requireId(name), Date.now())),
  };
}
