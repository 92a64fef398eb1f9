import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../lib/errors.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { CameraRows } from './camera-rows.ts';
import { isTrue, number, optional, reader, text } from './read.ts';
import type { AlertSettings, WatchedCamera } from '../model/alert-settings.ts';

export interface AlertSettingQueries {
  /** All cameras with their settings. Called each second, so reads only the necessary columns. */
  cameras(): WatchedCamera[];
  /** @throws {UnknownNameError} */
  of(camera: CameraName): AlertSettings;
  /** Silences alerts of a camera until then; undefined: ends the silence. @throws {UnknownNameError} */
  silence(camera: CameraName, untilMs: number | undefined): void;
  /** @param seconds undefined: the default; 0: never. @throws {UnknownNameError} */
  setAfter(camera: CameraName, seconds: number | undefined): void;
}

const maxAlertAfterSeconds = 7 * 86_400;

const settingColumns = {
  alertAfterSeconds: optional(number),
  silentUntilMs: optional(number),
};
const readSettings = reader<AlertSettings>(settingColumns);
const readCamera = reader<WatchedCamera>({
  id: number,
  account: text,
  camera: text,
  disabled: isTrue,
  ...settingColumns,
  firstContactMs: optional(number),
  newestFootageMs: optional(number),
  timeZone: optional(text),
});

export function prepareAlertSettings(
  database: DatabaseSync,
  cameras: CameraRows,
): AlertSettingQueries {
  const all = database.prepare(
    `SELECT cameras.id, accounts.name AS account, cameras.name AS camera,
       disabledMs IS NOT NULL AS disabled, firstContactMs, alertAfterSeconds, silentUntilMs, timeZone,
       (SELECT max(newestEndMs) FROM totals WHERE totals.camera = cameras.id) AS newestFootageMs
     FROM cameras JOIN accounts ON accounts.id = cameras.account
     WHERE cameras.removedMs IS NULL ORDER BY accounts.name, cameras.name`,
  );
  const settings = database.prepare(
    'SELECT alertAfterSeconds, silentUntilMs FROM cameras WHERE id = ?',
  );
  const setSilence = database.prepare('UPDATE cameras SET silentUntilMs = :untilMs WHERE id = :id');
  const setAfter = database.prepare(
    'UPDATE cameras SET alertAfterSeconds = :seconds WHERE id = :id',
  );

  return {
    cameras: () => all.all().map(readCamera),
    of: (camera) => readSettings(settings.get(cameras.idOf(camera)) ?? {}),
    silence: (camera, untilMs) => {
      setSilence.run({ id: cameras.idOf(camera), untilMs: untilMs ?? null });
    },
    setAfter(camera, seconds) {
      const isUsable =
        seconds === undefined ||
        seconds === 0 ||
        (Number.isInteger(seconds) && seconds >= 10 && seconds <= maxAlertAfterSeconds);
      if (!isUsable) {
        throw new OperatorError(
          'A camera is told to have stopped after 10s to 7d without footage, or never (0s).',
        );
      }
      setAfter.run({ id: cameras.idOf(camera), seconds: seconds ?? null });
    },
  };
}
