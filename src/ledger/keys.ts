import { wallNow } from '../lib/clock.ts';
import type { DatabaseSync } from 'node:sqlite';
import type { KnownCamera } from '../model/camera.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { DuplicateError } from '../model/errors.ts';
import type { PublicKey } from '../model/public-key.ts';
import { type CameraRows, formerNameColumns } from './camera-rows.ts';
import { transaction } from './database.ts';
import { isTrue, json, number, reader, text } from './read.ts';

/** The result of a dial-in. */
export interface KeyUse {
  /** Whether this is the first dial-in since the camera was added or its hardware replaced. */
  readonly isFirst: boolean;
  /** Fingerprints of the keys that were deleted because their successor was used. */
  readonly droppedKeys: readonly string[];
}

export interface KeyQueries {
  /** The camera that has this key. Called for each dial-in, so does one index look-up. */
  ownerOf(key: Pick<PublicKey, 'algorithm' | 'blob'>): KnownCamera | undefined;
  /**
   * Notes that a camera dialled in with a key. A successor key then replaces the others.
   *
   * @returns undefined if the camera may not use the key, or no longer
   */
  used(name: CameraName, fingerprint: string): KeyUse | undefined;
  /**
   * Adds a successor key, which replaces the others as soon as the camera dials in with it.
   *
   * @throws {DuplicateError} a camera has this key already; {@link UnknownNameError}
   */
  rotate(name: CameraName, key: PublicKey): void;
  /**
   * Replaces all keys at once, for new hardware.
   *
   * @throws {DuplicateError} a camera has this key already; {@link UnknownNameError}
   */
  replace(name: CameraName, key: PublicKey): void;
}

/** Access to rows of keys, for other queries. */
export interface KeyRows {
  /** @throws {DuplicateError} a camera has this key already */
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
      nowMs: wallNow(),
      successor: Number(successor),
    });
  };

  return {
    ownerOf,
    add,
    used: ({ account, camera }, fingerprint) => {
      const row = usable.get({ account, camera, fingerprint });
      if (row === undefined) return undefined;
      const id = number(row['id']);
      const isFirst = isTrue(row['isFirst']);
      const isSuccessor = isTrue(row['successor']);
      // Most dial-ins change nothing, and need no ledger that can be written.
      if (!isFirst && !isSuccessor) return { isFirst, droppedKeys: [] };
      return transaction(database, () => {
        if (isFirst) setFirstContact.run({ id, ms: wallNow() });
        if (!isSuccessor) return { isFirst, droppedKeys: [] };
        const dropped = dropOthers.all({ id, fingerprint }).map((key) => text(key['fingerprint']));
        makeSole.run(id);
        return { isFirst, droppedKeys: dropped };
      });
    },
    rotate: (name, key) =>
      transaction(database, () => {
        const id = cameras.idOf(name);
        // Delete successors that were never used, for example because their card was lost.
        dropSuccessors.run(id);
        add(id, key, true);
      }),
    replace: (name, key) =>
      transaction(database, () => {
        const id = cameras.idOf(name);
        // Add before the old keys are deleted, so that one of them is refused as a duplicate.
        add(id, key, false);
        dropOthers.all({ id, fingerprint: key.fingerprint });
        setFirstContact.run({ id, ms: null });
      }),
  };
}
