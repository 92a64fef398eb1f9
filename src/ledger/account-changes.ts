import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../lib/errors.ts';
import type { CameraName } from '../model/camera-name.ts';
import { type AccountRows, checkAccountName } from './accounts.ts';
import type { CameraQueries, CameraRows } from './cameras.ts';
import { transaction } from './database.ts';
import { DuplicateError } from './errors.ts';

/** What happens to an account between being added and being removed. All throw {@link UnknownNameError}. */
export interface AccountChanges {
  /**
   * Gives an account another name. Cameras, viewers, contacts and tokens stay its own, and so does
   * what was recorded under the old name.
   *
   * @throws {DuplicateError} if there is, or was, another account of that name
   */
  renameAccount(name: string, to: string): void;
  /**
   * Removes an account: its viewers with their sessions, its contacts and tokens, and what was told to
   * the contacts. Its footage stays, under its name.
   *
   * @param withCameras its cameras too; else it must have none
   * @returns the cameras that were removed with it
   * @throws {OperatorError} if it has cameras
   */
  removeAccount(name: string, withCameras: boolean): CameraName[];
}

const namedAtMost = 5;

export function prepareAccountChanges(
  database: DatabaseSync,
  accounts: AccountRows,
  cameras: CameraQueries & CameraRows,
): AccountChanges {
  const setName = database.prepare('UPDATE accounts SET name = ? WHERE id = ?');
  const addFormerName = database.prepare(
    'INSERT OR REPLACE INTO formerAccountNames (name, untilMs, account) VALUES (?, ?, ?)',
  );
  // Later than it was added: both at once mark an account that was never added (see idOfForeign).
  const setRemoved = database.prepare(
    'UPDATE accounts SET removedMs = max(?, createdMs + 1) WHERE id = ?',
  );

  return {
    renameAccount: (name, to) =>
      transaction(database, () => {
        const id = accounts.idOf(name);
        checkAccountName(to);
        const status = accounts.status(to);
        if (status === 'there') throw new DuplicateError(`There is an account ${to} already.`);
        if (status === 'removed') {
          throw new DuplicateError(
            `${to} was the name of an account that was removed, and whose footage is kept under it. Choose another name.`,
          );
        }
        setName.run(to, id);
        addFormerName.run(name, Date.now(), id);
      }),
    removeAccount: (name, withCameras) =>
      transaction(database, () => {
        const id = accounts.idOf(name);
        const known = cameras.cameras(name).map(({ account, camera }) => ({ account, camera }));
        if (known.length > 0 && !withCameras) throw hasCameras(name, known);
        const nowMs = Date.now();
        for (const camera of known) cameras.markRemoved(cameras.requireId(camera), nowMs);
        setRemoved.run(nowMs, id);
        return known;
      }),
  };
}

function hasCameras(name: string, known: readonly CameraName[]): OperatorError {
  const names = known.slice(0, namedAtMost).map(({ camera }) => camera);
  const more = known.length > namedAtMost ? ` and ${known.length - namedAtMost} more` : '';
  return new OperatorError(
    `The account ${name} has cameras: ${names.join(', ')}${more}. Remove them first, or with it: cctv account remove ${name} --cameras`,
  );
}
