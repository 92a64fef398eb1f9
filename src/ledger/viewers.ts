import { wallNow } from '../lib/clock.ts';
import type { Viewer } from '../contract/viewers.ts';
import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../lib/errors.ts';
import type { AccountRows } from './account-rows.ts';
import { transaction } from './database.ts';
import { DuplicateError, UnknownNameError } from '../model/errors.ts';
import { hint } from './hint.ts';
import { json, number, optional, reader, text } from './read.ts';
import {
  formatViewerName,
  type NewViewer,
  type ViewerAccess,
  type ViewerCredentials,
  type ViewerName,
} from '../model/viewer.ts';

export interface ViewerQueries {
  /** @throws {DuplicateError} the account has a viewer of that name; {@link UnknownNameError} */
  add(viewer: NewViewer): Viewer;
  /** All viewers, or those of one account, in the order of their names. */
  list(account?: string): Viewer[];
  /** @throws {UnknownNameError} names the existing viewers */
  require(name: ViewerName): Viewer;
  /** A viewer's access and credentials. Called for each log-in, so does one index look-up. */
  find(account: string, name: string): ViewerAccess | undefined;
  /** @throws {UnknownNameError} */
  setCredentials(name: ViewerName, credentials: ViewerCredentials): Viewer;
  /** @throws {UnknownNameError} */
  remove(name: ViewerName): void;
}

// Excludes the colon, which ends a user name in the hash and in Basic; quotes and backslashes, which
// clients escape differently in Digest; and the slash, which separates account and name.
const nameForm = /^[!#-.0-9;-[\]-~]{1,64}$/;

const select = `
  SELECT accounts.name AS account, viewers.name, md5, sha256, viewers.createdMs, passwordSetMs,
    iif(allCameras, NULL, (SELECT json_group_array(name) FROM
      (SELECT cameras.name FROM viewerCameras JOIN cameras ON cameras.id = viewerCameras.camera
       WHERE viewerCameras.viewer = viewers.id AND cameras.removedMs IS NULL ORDER BY cameras.name)))
      AS cameras
  FROM viewers JOIN accounts ON accounts.id = viewers.account
  WHERE accounts.removedMs IS NULL`;

const readCredentials = reader<ViewerCredentials>({ md5: text, sha256: text });
const readCameras = reader<Pick<Viewer, 'cameras'>>({ cameras: optional(json<string[]>()) });
const readViewer = reader<Viewer>({
  account: text,
  name: text,
  cameras: optional(json<string[]>()),
  createdMs: number,
  passwordSetMs: number,
});

export function prepareViewers(database: DatabaseSync, accounts: AccountRows): ViewerQueries {
  const byName = database.prepare(
    `${select} AND accounts.name = :account AND viewers.name = :name`,
  );
  const all = database.prepare(`${select} ORDER BY accounts.name, viewers.name`);
  const ofAccount = database.prepare(`${select} AND accounts.name = ? ORDER BY viewers.name`);
  const add = database.prepare(
    `INSERT INTO viewers (account, name, md5, sha256, allCameras, createdMs, passwordSetMs)
     VALUES (:account, :name, :md5, :sha256, :allCameras, :nowMs, :nowMs) RETURNING id`,
  );
  const camerasOfAccount = database.prepare(
    'SELECT id, name FROM cameras WHERE account = ? AND removedMs IS NULL ORDER BY name',
  );
  const allow = database.prepare(
    'INSERT INTO viewerCameras (viewer, camera) VALUES (:viewer, :camera) ON CONFLICT DO NOTHING',
  );
  const change = database.prepare(
    `UPDATE viewers SET md5 = :md5, sha256 = :sha256, passwordSetMs = :nowMs
     WHERE account = :account AND name = :name`,
  );
  const remove = database.prepare('DELETE FROM viewers WHERE account = :account AND name = :name');

  const list: ViewerQueries['list'] = (account) => {
    if (account !== undefined) accounts.idOf(account);
    return (account === undefined ? all.all() : ofAccount.all(account)).map(readViewer);
  };

  const requireViewer: ViewerQueries['require'] = (wanted) => {
    const row = byName.get({ account: wanted.account, name: wanted.name });
    if (row !== undefined) return readViewer(row);
    const name = formatViewerName(wanted);
    const existing = list(wanted.account).map(formatViewerName);
    throw new UnknownNameError(`There is no viewer ${name}.${hint('viewers', name, existing)}`);
  };

  const allowCameras = (viewer: number, account: number, names: readonly string[]): void => {
    const known = camerasOfAccount.all(account);
    const ids = new Map(known.map((row) => [text(row['name']), number(row['id'])]));
    for (const name of names) {
      const camera = ids.get(name);
      if (camera === undefined) {
        const existing = [...ids.keys()];
        throw new UnknownNameError(
          `The account has no camera ${name}.${hint('cameras', name, existing)}`,
        );
      }
      allow.run({ viewer, camera });
    }
  };

  return {
    list,
    require: requireViewer,
    add: (given) =>
      transaction(database, () => {
        const account = accounts.idOf(given.account);
        if (!nameForm.test(given.name)) {
          throw new OperatorError(
            `"${given.name}" can't be the name of a viewer: use 1 to 64 letters, digits and signs of ASCII, without spaces and : / " \\.`,
          );
        }
        if (byName.get({ account: given.account, name: given.name }) !== undefined) {
          throw new DuplicateError(`There is a viewer ${formatViewerName(given)} already.`);
        }
        const { md5, sha256 } = given.credentials;
        const row = add.get({
          account,
          name: given.name,
          md5,
          sha256,
          allCameras: given.cameras === undefined ? 1 : 0,
          nowMs: wallNow(),
        });
        allowCameras(number(row?.['id']), account, given.cameras ?? []);
        return requireViewer(given);
      }),
    find(account, name) {
      const row = byName.get({ account, name });
      return row && { name, ...readCameras(row), credentials: readCredentials(row) };
    },
    setCredentials: (viewer, { md5, sha256 }) =>
      transaction(database, () => {
        requireViewer(viewer);
        const account = accounts.idOf(viewer.account);
        change.run({ account, name: viewer.name, md5, sha256, nowMs: wallNow() });
        return requireViewer(viewer);
      }),
    remove: (viewer) =>
      transaction(database, () => {
        requireViewer(viewer);
        remove.run({ account: accounts.idOf(viewer.account), name: viewer.name });
      }),
  };
}
