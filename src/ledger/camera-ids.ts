import { wallNow } from '../lib/clock.ts';
import type { DatabaseSync } from 'node:sqlite';
import { defaultRtspPath } from '../model/camera.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { AccountRows } from './account-rows.ts';
import { UnknownNameError } from '../model/errors.ts';
import { idOf, number } from './read.ts';

/** Finds the row of `cameras` for a name, for other queries. */
export interface CameraIds {
  /** The camera that has the name, or else the last that had it. The camera may have been removed. */
  find(name: CameraName): number | undefined;
  /** @throws {UnknownNameError} the name was never added and has no footage */
  require(name: CameraName): number;
  /**
   * The camera that had the name at `startMs`: footage in the spool keeps the name under which it was
   * recorded. An unknown camera gets a row that is marked as removed.
   */
  ofFootage(footage: CameraName & { readonly startMs: number }): number;
}

export function prepareCameraIds(database: DatabaseSync, accounts: AccountRows): CameraIds {
  const findAccount = database.prepare('SELECT id FROM accounts WHERE name = ?');
  const findFormerAccount = database.prepare(
    `SELECT account AS id FROM formerAccountNames
     WHERE name = :account AND untilMs > :startMs ORDER BY untilMs LIMIT 1`,
  );
  const findLastFormerAccount = database.prepare(
    'SELECT account AS id FROM formerAccountNames WHERE name = ? ORDER BY untilMs DESC LIMIT 1',
  );
  const findCamera = database.prepare(
    'SELECT id FROM cameras WHERE account = :owner AND name = :camera',
  );
  const findFormer = database.prepare(
    `SELECT camera AS id FROM formerNames
     WHERE account = :owner AND name = :camera AND untilMs > :startMs ORDER BY untilMs LIMIT 1`,
  );
  const findLastFormer = database.prepare(
    `SELECT camera AS id FROM formerNames
     WHERE account = :owner AND name = :camera ORDER BY untilMs DESC LIMIT 1`,
  );
  const addForeign = database.prepare(
    `INSERT INTO cameras (account, name, rtspPath, createdMs, removedMs)
     VALUES (:owner, :camera, '${defaultRtspPath}', :nowMs, :nowMs) RETURNING id`,
  );

  /** The camera of an account that has the name, or else the last that had it. */
  const ofAccount = (owner: number, camera: string): number | undefined =>
    idOf(findCamera.get({ owner, camera }) ?? findLastFormer.get({ owner, camera }));

  const find: CameraIds['find'] = ({ account, camera }) => {
    for (const row of [findAccount.get(account), findLastFormerAccount.get(account)]) {
      const found = row && ofAccount(number(row['id']), camera);
      if (found !== undefined) return found;
    }
    return undefined;
  };

  return {
    find,
    require(name) {
      const id = find(name);
      if (id !== undefined) return id;
      throw new UnknownNameError(
        `There is no camera ${formatCameraName(name)}, and no footage of one. See: cctv camera list`,
      );
    },
    ofFootage({ account, camera, startMs }) {
      const owner = idOf(
        findFormerAccount.get({ account, startMs }) ??
          findAccount.get(account) ??
          findLastFormerAccount.get(account),
      );
      const id =
        owner === undefined
          ? undefined
          : (idOf(findFormer.get({ owner, camera, startMs })) ?? ofAccount(owner, camera));
      if (id !== undefined) return id;
      const nowMs = wallNow();
      const foreign = owner ?? accounts.idOfForeign(account, nowMs);
      return number(addForeign.get({ owner: foreign, camera, nowMs })?.['id']);
    },
  };
}
