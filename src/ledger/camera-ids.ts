import type { DatabaseSync } from 'node:sqlite';
import { type CameraName, formatCameraName } from '../lib/names.ts';
import type { AccountRows } from './accounts.ts';
import { UnknownNameError } from './errors.ts';
import { number } from './rows.ts';

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
  const findCamera = database.prepare(
    `SELECT cameras.id FROM cameras JOIN accounts ON accounts.id = cameras.account
     WHERE accounts.name = ? AND cameras.name = ?`,
  );
  const findFormer = database.prepare(
    `SELECT formerNames.camera AS id FROM formerNames
     JOIN accounts ON accounts.id = formerNames.account
     WHERE accounts.name = ? AND formerNames.name = ? AND untilMs > ? ORDER BY untilMs LIMIT 1`,
  );
  const findLastFormer = database.prepare(
    `SELECT formerNames.camera AS id FROM formerNames
     JOIN accounts ON accounts.id = formerNames.account
     WHERE accounts.name = ? AND formerNames.name = ? ORDER BY untilMs DESC LIMIT 1`,
  );
  const addForeign = database.prepare(
    `INSERT INTO cameras (account, name, rtspPath, createdMs, removedMs)
     VALUES (?, ?, '/unicast', ?, ?) RETURNING id`,
  );

  const find: CameraIds['find'] = ({ account, camera }) => {
    const row = findCamera.get(account, camera) ?? findLastFormer.get(account, camera);
    return row && number(row, 'id');
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
      const former = findFormer.get(account, camera, startMs);
      const id = former === undefined ? find({ account, camera }) : number(former, 'id');
      if (id !== undefined) return id;
      const now = Date.now();
      const owner = accounts.idOfForeign(account, now);
      return number(addForeign.get(owner, camera, now, now) ?? {}, 'id');
    },
  };
}
