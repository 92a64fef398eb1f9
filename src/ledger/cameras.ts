import { wallNow } from '../lib/clock.ts';
import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../lib/errors.ts';
import {
  type Camera,
  type NewCamera,
  type StreamChanges,
  defaultRtspPath,
} from '../model/camera.ts';
import { type CameraName, formatCameraName, isLabel, labelRule } from '../model/camera-name.ts';
import { neverConnected } from '../model/camera-state.ts';
import { DuplicateError } from '../model/errors.ts';
import type { AccountRows } from './account-rows.ts';
import type { CameraRows } from './camera-rows.ts';
import { transaction } from './database.ts';
import type { KeyRows } from './keys.ts';
import { number } from './read.ts';
import type { StateRows } from './states.ts';

/** Methods that require an existing camera throw {@link UnknownNameError}, which names similar ones. */
export interface CameraQueries {
  /**
   * Adds a camera to an account. Re-adding the name of a removed camera continues its footage.
   *
   * @throws {DuplicateError} the name or the key is taken
   */
  add(camera: NewCamera): Camera;
  /** One camera; undefined if it does not exist or was removed. */
  find(name: CameraName): Camera | undefined;
  require(name: CameraName): Camera;
  /** All cameras, or those of one account, in the order of their names. */
  list(account?: string): Camera[];
  /** Removes a camera and its keys. Its segments stay. */
  remove(name: CameraName): void;
  /**
   * Renames a camera within its account. The camera keeps its footage.
   *
   * @throws {DuplicateError} another camera has or had that name
   */
  rename(name: CameraName, to: string): CameraName;
  /** Accepts a camera that enrolled with a token; renames it if `to` is given. */
  adopt(name: CameraName, to?: string): CameraName;
  /** Removes a camera that enrolled with a token. The token won't admit the camera's key again. */
  reject(name: CameraName): void;
  /** Sets whether the camera may dial in. */
  setDisabled(name: CameraName, disabled: boolean): void;
  /**
   * Changes how a camera is reached and recorded. Removing the user also removes the password.
   *
   * @throws {OperatorError} a password is given without a user
   */
  changeStream(
    name: CameraName,
    changes: StreamChanges,
  ): { readonly before: Camera; readonly after: Camera };
}

export function prepareCameras(
  database: DatabaseSync,
  accounts: AccountRows,
  cameras: CameraRows,
  keys: KeyRows,
  states: StateRows,
): CameraQueries {
  const insert = database.prepare(
    `INSERT INTO cameras (account, name, rtspPath, rtspUser, rtspPassword, profile, createdMs)
     VALUES (:account, :name, :path, :user, :password, :profile, :nowMs)
     ON CONFLICT DO UPDATE SET rtspPath = excluded.rtspPath, rtspUser = excluded.rtspUser,
       rtspPassword = excluded.rtspPassword, profile = excluded.profile,
       createdMs = excluded.createdMs, removedMs = NULL, newSinceMs = NULL, disabledMs = NULL,
       firstContactMs = NULL
     RETURNING id`,
  );
  const setName = database.prepare('UPDATE cameras SET name = :to WHERE id = :id');
  const addFormerName = database.prepare(
    `INSERT OR REPLACE INTO formerNames (account, name, untilMs, camera)
     SELECT account, :name, :nowMs, id FROM cameras WHERE id = :id`,
  );
  const setAdopted = database.prepare('UPDATE cameras SET newSinceMs = NULL WHERE id = ?');
  // Disabling a disabled camera keeps the time of the first call.
  const disable = database.prepare(
    'UPDATE cameras SET disabledMs = :nowMs WHERE id = :id AND disabledMs IS NULL',
  );
  const enable = database.prepare(
    'UPDATE cameras SET disabledMs = NULL WHERE id = ? AND disabledMs IS NOT NULL',
  );
  const setStream = database.prepare(
    `UPDATE cameras
     SET rtspPath = :path, rtspUser = :user, rtspPassword = :password, profile = :profile
     WHERE id = :id`,
  );

  const rename = (id: number, name: CameraName, to: string): CameraName => {
    checkLabel(to);
    const renamed = { account: name.account, camera: to };
    const status = cameras.status(name.account, to);
    if (status === 'there') throw isThere(renamed);
    if (status === 'removed') {
      throw new DuplicateError(
        `${formatCameraName(renamed)} was the name of a camera that was removed, and whose footage is kept under it. Choose another name. To let this hardware go on with that footage, remove it and add its key under that name: cctv camera add ${formatCameraName(renamed)} --key FILE`,
      );
    }
    setName.run({ id, to });
    addFormerName.run({ id, name: name.camera, nowMs: wallNow() });
    return renamed;
  };

  const requireNew = (name: CameraName, instead: string): void => {
    if (cameras.require(name).newSinceMs !== undefined) return;
    throw new OperatorError(`${formatCameraName(name)} is not new. ${instead}`);
  };

  const remove = (name: CameraName): void =>
    transaction(database, () => cameras.remove(cameras.idOf(name), wallNow()));

  return {
    find: (name) => cameras.find(name),
    require: (name) => cameras.require(name),
    list: (account) => cameras.list(account),
    remove,
    add: (given) =>
      transaction(database, () => {
        checkLabel(given.camera);
        const account = accounts.idOf(given.account);
        if (cameras.find(given) !== undefined) throw isThere(given);
        const { rtspPath, rtspUser, rtspPassword, profile, key } = given;
        const nowMs = wallNow();
        const row = insert.get({
          account,
          name: given.camera,
          path: rtspPath ?? defaultRtspPath,
          user: rtspUser ?? null,
          password: rtspPassword ?? null,
          profile: profile ?? null,
          nowMs,
        });
        const id = number(row?.['id']);
        keys.add(id, key, false);
        states.write(id, neverConnected, '', nowMs);
        return cameras.require(given);
      }),
    rename: (name, to) => transaction(database, () => rename(cameras.idOf(name), name, to)),
    adopt: (name, to) =>
      transaction(database, () => {
        requireNew(name, 'To give it another name: cctv camera rename');
        const id = cameras.idOf(name);
        setAdopted.run(id);
        return to === undefined || to === name.camera ? name : rename(id, name, to);
      }),
    reject(name) {
      requireNew(name, 'To remove it: cctv camera remove');
      remove(name);
    },
    setDisabled: (name, disabled) =>
      transaction(database, () => {
        const id = cameras.idOf(name);
        const nowMs = wallNow();
        const { changes } = disabled ? disable.run({ id, nowMs }) : enable.run(id);
        if (changes === 0) return;
        if (disabled) states.write(id, 'disabled', '', nowMs);
        else if (cameras.require(name).firstContactMs === undefined) {
          states.write(id, neverConnected, '', nowMs);
        } else {
          states.write(id, 'camera offline', 'has not dialled in since it was enabled', nowMs);
        }
      }),
    changeStream: (name, changes) =>
      transaction(database, () => {
        const before = cameras.require(name);
        const user = chosen(changes.rtspUser, before.rtspUser);
        if (user === null && typeof changes.rtspPassword === 'string') {
          throw new OperatorError('An RTSP password needs an RTSP user: give both.');
        }
        setStream.run({
          id: cameras.idOf(name),
          path: chosen(changes.rtspPath, before.rtspPath) ?? defaultRtspPath,
          user,
          password: user === null ? null : chosen(changes.rtspPassword, before.rtspPassword),
          profile: chosen(changes.profile, before.profile),
        });
        return { before, after: cameras.require(name) };
      }),
  };
}

const chosen = (given: string | null | undefined, present: string | undefined): string | null =>
  given === undefined ? (present ?? null) : given;

/** @throws {OperatorError} */
function checkLabel(name: string): void {
  if (isLabel(name)) return;
  throw new OperatorError(`"${name}" can't be the name of a camera: use ${labelRule}.`);
}

const isThere = (name: CameraName): DuplicateError =>
  new DuplicateError(`There is a camera ${formatCameraName(name)} already.`);
