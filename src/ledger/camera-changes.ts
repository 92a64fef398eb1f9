import type { DatabaseSync } from 'node:sqlite';
import { neverConnected } from '../model/camera-state.ts';
import { OperatorError } from '../lib/errors.ts';
import { type CameraName, formatCameraName, isLabel, labelRule } from '../model/camera-name.ts';
import type { CameraQueries, CameraRows } from './cameras.ts';
import { transaction } from './database.ts';
import { DuplicateError } from './errors.ts';
import { number, text } from './rows.ts';
import type { StateRows } from './states.ts';
import type { PublicKey } from '../model/public-key.ts';

/** What a dial-in led to. */
export interface Contact {
  /** Whether it is the first since the camera was added or its hardware replaced. */
  readonly isFirst: boolean;
  /** Fingerprints of the keys that went out because their successor was used. */
  readonly droppedKeys: readonly string[];
}

/** What happens to a camera between being added and being removed. All throw {@link UnknownNameError}. */
export interface CameraChanges {
  /**
   * Notes that a camera dialled in with a key; a key that was waiting for that replaces the others.
   *
   * @returns undefined if the key is not, or no longer, one that this camera may use
   */
  contact(name: CameraName, fingerprint: string): Contact | undefined;
  /**
   * Gives a camera another name in its account. What it recorded stays its own.
   *
   * @throws {DuplicateError} if there is, or was, another camera of that name
   */
  renameCamera(name: CameraName, to: string): CameraName;
  /** Makes a camera that came with a token one like any other, under another name if one is given. */
  adoptCamera(name: CameraName, to?: string): CameraName;
  /** Removes a camera that came with a token, and its key, which that token won't let in again. */
  rejectCamera(name: CameraName): void;
  /** Adds a key that replaces the others as soon as the camera has dialled in with it. */
  rotateKey(name: CameraName, key: PublicKey): void;
  /** Puts a key in the place of all others, at once: the camera is new hardware. */
  replaceKey(name: CameraName, key: PublicKey): void;
  /** Whether the camera may dial in. */
  setDisabled(name: CameraName, disabled: boolean): void;
}

export function prepareCameraChanges(
  database: DatabaseSync,
  cameras: CameraQueries & CameraRows,
  states: StateRows,
): CameraChanges {
  const findKey = database.prepare(
    `SELECT cameras.id, firstContactMs, successor
     FROM keys JOIN cameras ON cameras.id = keys.camera JOIN accounts ON accounts.id = cameras.account
     WHERE accounts.name = ? AND cameras.name = ? AND fingerprint = ? AND disabledMs IS NULL`,
  );
  const dropOthers = database.prepare(
    'DELETE FROM keys WHERE camera = ? AND fingerprint <> ? RETURNING fingerprint',
  );
  const makeSole = database.prepare('UPDATE keys SET successor = 0 WHERE camera = ?');
  const dropSuccessors = database.prepare('DELETE FROM keys WHERE camera = ? AND successor = 1');
  const setFirstContact = database.prepare('UPDATE cameras SET firstContactMs = ? WHERE id = ?');
  const setName = database.prepare('UPDATE cameras SET name = ? WHERE id = ? RETURNING account');
  const addFormerName = database.prepare(
    'INSERT OR REPLACE INTO formerNames (account, name, untilMs, camera) VALUES (?, ?, ?, ?)',
  );
  const setAdopted = database.prepare('UPDATE cameras SET newSinceMs = NULL WHERE id = ?');
  // A camera that is disabled twice has been so since the first time.
  const disable = database.prepare(
    'UPDATE cameras SET disabledMs = ? WHERE id = ? AND disabledMs IS NULL',
  );
  const enable = database.prepare(
    'UPDATE cameras SET disabledMs = NULL WHERE id = ? AND disabledMs IS NOT NULL',
  );

  const rename = (id: number, name: CameraName, to: string): CameraName => {
    if (!isLabel(to)) {
      throw new OperatorError(`"${to}" can't be the name of a camera: use ${labelRule}.`);
    }
    const renamed = { account: name.account, camera: to };
    const status = cameras.status(name.account, to);
    if (status === 'there') {
      throw new DuplicateError(`There is a camera ${formatCameraName(renamed)} already.`);
    }
    if (status === 'removed') {
      throw new DuplicateError(
        `${formatCameraName(renamed)} was the name of a camera that was removed, and whose footage is kept under it. Choose another name. To let this hardware go on with that footage, remove it and add its key under that name: cctv camera add ${formatCameraName(renamed)} --key FILE`,
      );
    }
    const account = number(setName.get(to, id) ?? {}, 'account');
    addFormerName.run(account, name.camera, Date.now(), id);
    return renamed;
  };

  const requireNew = (name: CameraName, instead: string): void => {
    if (cameras.requireCamera(name).newSinceMs !== undefined) return;
    throw new OperatorError(`${formatCameraName(name)} is not new. ${instead}`);
  };

  return {
    contact: (name, fingerprint) =>
      transaction(database, () => {
        const key = findKey.get(name.account, name.camera, fingerprint);
        if (key === undefined) return undefined;
        const id = number(key, 'id');
        const isFirst = key['firstContactMs'] === null;
        if (isFirst) setFirstContact.run(Date.now(), id);
        if (number(key, 'successor') === 0) return { isFirst, droppedKeys: [] };
        const dropped = dropOthers.all(id, fingerprint).map((row) => text(row, 'fingerprint'));
        makeSole.run(id);
        return { isFirst, droppedKeys: dropped };
      }),
    renameCamera: (name, to) =>
      transaction(database, () => rename(cameras.requireId(name), name, to)),
    adoptCamera: (name, to) =>
      transaction(database, () => {
        requireNew(name, 'To give it another name: cctv camera rename');
        const id = cameras.requireId(name);
        setAdopted.run(id);
        return to === undefined || to === name.camera ? name : rename(id, name, to);
      }),
    rejectCamera(name) {
      requireNew(name, 'To remove it: cctv camera remove');
      cameras.removeCamera(name);
    },
    rotateKey: (name, key) =>
      transaction(database, () => {
        const id = cameras.requireId(name);
        // One that was never used, such as that of a card that got lost.
        dropSuccessors.run(id);
        cameras.addKey(id, key, true);
      }),
    replaceKey: (name, key) =>
      transaction(database, () => {
        const id = cameras.requireId(name);
        // Before the old ones go, so that a key which is one of them is told to be.
        cameras.addKey(id, key, false);
        dropOthers.all(id, key.fingerprint);
        setFirstContact.run(null, id);
      }),
    setDisabled: (name, disabled) =>
      transaction(database, () => {
        const id = cameras.requireId(name);
        const nowMs = Date.now();
        const { changes } = disabled ? disable.run(nowMs, id) : enable.run(id);
        if (changes === 0) return;
        if (disabled) states.note(id, 'disabled', '', nowMs);
        else if (cameras.requireCamera(name).firstContactMs === undefined) {
          states.note(id, neverConnected, '', nowMs);
        } else {
          states.note(id, 'camera offline', 'has not dialled in since it was enabled', nowMs);
        }
      }),
  };
}
