import type { DatabaseSync } from 'node:sqlite';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { AccountRows } from './account-rows.ts';
import { UnknownNameError } from '../model/errors.ts';
import { number, type Row } from './rows.ts';

/** Which row of `cameras` a name means, for other queries. */
export interface CameraIds {
  /** Of the camera that has the name, or else was the last to have it; also of a removed one. */
  find(name: CameraName): number | undefined;
  /** @throws {UnknownNameError} for a name that never had footage nor was added */
  require(name: CameraName): number;
  /**
   * Of the camera that had the name at `startMs`: what is in the spool is not renamed. One that is
   * unknown gets a row that is marked as removed.
   */
  ofFootage(footage: CameraName & { readonly startMs: number }): number;
}

export function prepareCameraIds(database: DatabaseSync, accounts: AccountRows): CameraIds {
  const findAccount = database.prepare('SELECT id FROM accounts WHERE name = ?');
  const findFormerAccount = database.prepare(
    `SELECT account AS id FROM formerAccountNames
     WHERE name = ? AND untilMs > ? ORDER BY untilMs LIMIT 1`,
  );
  const findLastFormerAccount = database.prepare(
    'SELECT account AS id FROM formerAccountNames WHERE name = ? ORDER BY untilMs DESC LIMIT 1',
  );
  const findCamera = database.prepare('SELECT id FROM cameras WHERE account = ? AND name = ?');
  const findFormer = database.prepare(
    `SELECT camera AS id FROM formerNames
     WHERE account = ? AND name = ? AND untilMs > ? ORDER BY untilMs LIMIT 1`,
  );
  const findLastFormer = database.prepare(
    `SELECT camera AS id FROM formerNames
     WHERE account = ? AND name = ? ORDER BY untilMs DESC LIMIT 1`,
  );
  const addForeign = database.prepare(
    `INSERT INTO cameras (account, name, rtspPath, createdMs, removedMs)
     VALUES (?, ?, '/unicast', ?, ?) RETURNING id`,
  );
  const idOf = (row: Row | undefined): number | undefined => row && number(row, 'id');

  /** Of an account's cameras, the one that has the name, or else was the last to have it. */
  const ofAccount = (account: number, camera: string): number | undefined =>
    idOf(findCamera.get(account, camera) ?? findLastFormer.get(account, camera));

  const find: CameraIds['find'] = ({ account, camera }) => {
    for (const row of [findAccount.get(account), findLastFormerAccount.get(account)]) {
      const found = row && ofAccount(number(row, 'id'), camera);
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
        findFormerAccount.get(account, startMs) ??
          findAccount.get(account) ??
          findLastFormerAccount.get(account),
      );
      const id =
        owner === undefined
          ? undefined
          : (idOf(findFormer.get(owner, camera, startMs)) ?? ofAccount(owner, camera));
      if (id !== undefined) return id;
      const now = Date.now();
      const foreign = owner ?? accounts.idOfForeign(account, now);
      return number(addForeign.get(foreign, camera, now, now) ?? {}, 'id');
    },
  };
}
