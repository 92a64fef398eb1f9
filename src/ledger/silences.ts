import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../lib/errors.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { AccountRows } from './accounts.ts';
import type { CameraRows } from './cameras.ts';
import { number, optional, type Row, text } from './rows.ts';

/** When an account is told of a camera. */
export interface AlertSettings {
  /** Without footage for so long; absent: the default; 0: never. */
  readonly alertAfterSeconds?: number;
  /** Until when nothing is told of it. Milliseconds since 1970 UTC. */
  readonly silentUntilMs?: number;
}

/** A camera as the alerts see it. Times are milliseconds since 1970 UTC. */
export interface WatchedCamera extends CameraName, AlertSettings {
  /** Its own through all changes of its name. */
  readonly id: number;
  readonly disabled: boolean;
  /** When it first dialled in, since it was added or its hardware replaced. */
  readonly firstContactMs?: number;
  /** The end of the newest footage in spool and bucket. */
  readonly newestFootageMs?: number;
  /** Of its account, an IANA name; absent: UTC. */
  readonly timeZone?: string;
}

export interface SilenceQueries {
  /** All cameras. For each second, so without what is not needed. */
  watchedCameras(): WatchedCamera[];
  /** @throws {UnknownNameError} */
  alertSettings(camera: CameraName): AlertSettings;
  /** Tells nothing of a camera until then; undefined: tells again. @throws {UnknownNameError} */
  silence(camera: CameraName, untilMs: number | undefined): void;
  /** undefined: as by default. @throws {UnknownNameError} */
  setAlertAfter(camera: CameraName, seconds: number | undefined): void;
  /** An IANA name; absent: UTC. @throws {UnknownNameError} */
  timeZone(account: string): string | undefined;
  /** @throws {OperatorError} if there is no such zone; {@link UnknownNameError} */
  setTimeZone(account: string, timeZone: string): void;
}

const maxAlertAfterSeconds = 7 * 86_400;

/** @throws {OperatorError} */
function checkTimeZone(name: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // Intl knows offsets too, which know no summer time.
    if (/^[A-Za-z]/.test(name)) return;
  } catch {
    // Told below.
  }
  throw new OperatorError(
    `"${name}" is no time zone: write its IANA name, such as Asia/Singapore or Europe/Berlin.`,
  );
}

const readSettings = (row: Row): AlertSettings => ({
  ...optional(row, 'alertAfterSeconds', number),
  ...optional(row, 'silentUntilMs', number),
});

export function prepareSilences(
  database: DatabaseSync,
  accounts: AccountRows,
  cameras: CameraRows,
): SilenceQueries {
  const all = database.prepare(
    `SELECT cameras.id, accounts.name AS account, cameras.name AS camera, disabledMs,
       firstContactMs, alertAfterSeconds, silentUntilMs, timeZone,
       (SELECT max(newestEndMs) FROM totals WHERE totals.camera = cameras.id) AS newestFootageMs
     FROM cameras JOIN accounts ON accounts.id = cameras.account
     WHERE cameras.removedMs IS NULL ORDER BY accounts.name, cameras.name`,
  );
  const settings = database.prepare(
    'SELECT alertAfterSeconds, silentUntilMs FROM cameras WHERE id = ?',
  );
  const setSilence = database.prepare('UPDATE cameras SET silentUntilMs = ? WHERE id = ?');
  const setAfter = database.prepare('UPDATE cameras SET alertAfterSeconds = ? WHERE id = ?');
  const zone = database.prepare('SELECT timeZone FROM accounts WHERE id = ?');
  const setZone = database.prepare('UPDATE accounts SET timeZone = ? WHERE id = ?');

  return {
    watchedCameras: () =>
      all.all().map((row) => ({
        id: number(row, 'id'),
        account: text(row, 'account'),
        camera: text(row, 'camera'),
        disabled: row['disabledMs'] !== null,
        ...readSettings(row),
        ...optional(row, 'firstContactMs', number),
        ...optional(row, 'newestFootageMs', number),
        ...optional(row, 'timeZone', text),
      })),
    alertSettings: (camera) => readSettings(settings.get(cameras.requireId(camera)) ?? {}),
    silence: (camera, untilMs) => void setSilence.run(untilMs ?? null, cameras.requireId(camera)),
    setAlertAfter(camera, seconds) {
      const isUsable =
        seconds === undefined ||
        seconds === 0 ||
        (Number.isInteger(seconds) && seconds >= 10 && seconds <= maxAlertAfterSeconds);
      if (!isUsable) {
        throw new OperatorError(
          'A camera is told to have stopped after 10s to 7d without footage, or never (0s).',
        );
      }
      setAfter.run(seconds ?? null, cameras.requireId(camera));
    },
    timeZone: (account) =>
      optional(zone.get(accounts.idOf(account)) ?? {}, 'timeZone', text).timeZone,
    setTimeZone(account, name) {
      checkTimeZone(name);
      setZone.run(name, accounts.idOf(account));
    },
  };
}
