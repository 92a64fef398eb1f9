import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../lib/errors.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { CameraQueries, CameraRows } from './cameras.ts';
import { transaction } from './database.ts';
import { type Camera, defaultRtspPath, type StreamSettings } from '../model/camera.ts';

/** What is absent stays as it is; null takes it back to what it is unless given. */
export type StreamChanges = {
  readonly [K in keyof StreamSettings]?: StreamSettings[K] | null;
};

export interface StreamQueries {
  /**
   * Changes how a camera is reached and recorded. Without a user there is no password either.
   *
   * @returns the camera before and after
   * @throws {UnknownNameError}; {@link OperatorError} for a password without a user
   */
  changeStream(
    name: CameraName,
    changes: StreamChanges,
  ): { readonly before: Camera; readonly after: Camera };
}

export function prepareStreamChanges(
  database: DatabaseSync,
  cameras: CameraQueries & CameraRows,
): StreamQueries {
  const set = database.prepare(
    'UPDATE cameras SET rtspPath = ?, rtspUser = ?, rtspPassword = ?, profile = ? WHERE id = ?',
  );
  const chosen = <T>(given: T | null | undefined, present: T | undefined): T | undefined =>
    given === undefined ? present : (given ?? undefined);

  return {
    changeStream: (name, changes) =>
      transaction(database, () => {
        const before = cameras.requireCamera(name);
        const path = chosen(changes.rtspPath, before.rtspPath) ?? defaultRtspPath;
        const user = chosen(changes.rtspUser, before.rtspUser);
        if (user === undefined && typeof changes.rtspPassword === 'string') {
          throw new OperatorError('An RTSP password needs an RTSP user: give both.');
        }
        const password =
          user === undefined ? undefined : chosen(changes.rtspPassword, before.rtspPassword);
        const profile = chosen(changes.profile, before.profile);
        const id = cameras.requireId(name);
        set.run(path, user ?? null, password ?? null, profile ?? null, id);
        return { before, after: cameras.requireCamera(name) };
      }),
  };
}
