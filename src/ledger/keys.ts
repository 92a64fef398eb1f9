import type { DatabaseSync } from 'node:sqlite';
import type { KnownCamera } from '../model/camera.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { DuplicateError } from '../model/errors.ts';
import type { PublicKey } from '../model/public-key.ts';
import { type CameraRows, formerNameColumns } from './camera-rows.ts';
import { transaction } from './database.ts';
import { isTrue, json, number, reader, text } from './read.ts';

/** What a dial-in led to. */
export interface KeyUse {
  /** Whether it is the first since the camera was added or its hardware replaced. */
  readonly isFirst: boolean;
  /** Fingerprints of the keys that went out because their successor was used. */
  readonly droppedKeys: readonly string[];
}

export interface KeyQueries {
  /** The camera whose key this is. For each dial-in, so one look-up in an index. */
  ownerOf(key: Pick<PublicKey, 'algorithm' | 'blob'>): KnownCamera | undefined;
  /**
   * Notes that a camera dialled in with a key. A key that was waiting for that replaces the others.
   *
   * @returns undefined if the key is not, or no longer, one that this camera may use
   */
  used(name: CameraName, fingerprint: string): KeyUse | undefined;
  /**
   * Adds a key that replaces the others as soon as the camera has dialled in with it.
   *
   * @throws {DuplicateError} if it is the key of a camera already; {@link UnknownNameError}
   */
  rotate(name: CameraName, key: PublicKey): void;
  /**
   * Puts a key in the place of all others, at once: the camera is new hardware.
   *
   * @throws {DuplicateError} if it is the key of a camera already; {@link UnknownNameError}
   */
  replace(name: CameraName, key: PublicKey): void;
}

/** The rows of keys, for other queries. */
export interface KeyRows {
  /** @throws {DuplicateError} if it is the key of a camera already */
  add(camera: number, key: PublicKey, successor: boolean): void;
}

const readOwner = reader<KnownCamera>({
  account: text,
  camera: text,
  disabled: isTrue,
  formerNames: json(),
  formerAccounts: json(),
});

export function prepareKeys(database: DatabaseSync, cameras: CameraRows): KeyQueries & KeyRows {
  const byKey = database.prepare(
    `SELECT accounts.name AS account, cameras.name AS camera, disabledMs IS NOT NULL AS disabled,
       ${formerNameColumns}
     FROM keys JOIN cameras ON cameras.id = keys.camera JOIN accounts ON accounts.id = cameras.account
     WHERE keys.blob = :blob AND keys.algorithm = :algorithm`,
  );
  const usable = database.prepare(
    `SELECT cameras.id, firstContactMs IS NULL AS isFirst, successor
     FROM keys JOIN cameras ON cameras.id = keys.camera JOIN accounts ON accounts.id = cameras.account
     WHERE accounts.name = :account AND cameras.name = :camera AND fingerprint = :fingerprint
       AND disabledMs IS NULL`,
  );
  const insert = database.prepare(
    `INSERT INTO keys (camera, algorithm, blob, fingerprint, comment, addedMs, successor)
     VALUES (:camera, :algorithm, :blob, :fingerprint, :comment, :nowMs, :successor)`,
  );
  const dropOthers = database.prepare(
    'DELETE FROM keys WHERE camera = :id AND fingerprint <> :fingerprint RETURNING fingerprint',
  );
  const makeSole = database.prepare('UPDATE keys SET successor = 0 WHERE camera = ?');
  const dropSuccessors = database.prepare('DELETE FROM keys WHERE camera = ? AND successor = 1');
  const setFirstContact = database.prepare(
    'UPDATE cameras SET firstContactMs = :ms WHERE id = :id',
  );

  const ownerOf: KeyQueries['ownerOf'] = ({ algorithm, blob }) => {
    const row = byKey.get({ algorithm, blob });
    return row && readOwner(row);
  };

  const add: KeyRows['add'] = (camera, key, successor) => {
    const owner = ownerOf(key);
    if (owner !== undefined) {
      throw new DuplicateError(
        `The key ${key.fingerprint} is that of ${formatCameraName(owner)} already. Each camera needs its own: make another, or remove that camera.`,
      );
    }
    const { algorithm, blob, fingerprint, comment } = key;
    insert.run({
      camera,
      algorithm,
      blob,
      fingerprint,
      comment,
      nowMs: Date.now(),
      successor: Number(successor),
    });
  };

  return {
    ownerOf,
    add,
    used: ({ account, camera }, fingerprint) =>
      transaction(database, () => {
        const row = usable.get({ account, camera, fingerprint });
        if (row === undefined) return undefined;
        const id = number(row['id']);
        const isFirst = isTrue(row['isFirst']);
        if (isFirst) setFirstContact.run({ id, ms: Date.now() });
        if (!isTrue(row['successor'])) return { isFirst, droppedKeys: [] };
        const dropped = dropOthers.all({ id, fingerprint }).map((key) => text(key['fingerprint']));
        makeSole.run(id);
        return { isFirst, droppedKeys: dropped };
      }),
    rotate: (name, key) =>
      transaction(database, () => {
        const id = cameras.idOf(name);
        // A successor that was never used, such as that of a card that got lost.
        dropSuccessors.run(id);
        add(id, key, true);
      }),
    replace: (name, key) =>
      transaction(database, () => {
        const id = cameras.idOf(name);
        // Before the old keys go, so that a key which is one of them is refused as a duplicate.
        add(id, key, false);
        dropOthers.all({ id, fingerprint: key.fingerprint });
        setFirstContact.run({ id, ms: null });
      }),
  };
}
