import type { DatabaseSync } from 'node:sqlite';
import { withoutPasswords } from '../lib/log.ts';
import { isSecretPath } from '../lib/secret-path.ts';
import {
  type CamerasDocument,
  camerasName,
  type DocumentedCamera,
  formatCameras,
  formatNotes,
  type KnownAccount,
  type LossNote,
  type Note,
  notesName,
  type StateNote,
} from '../catalog/journal-documents.ts';
import { namesAt } from './names-at.ts';
import { number, optional, type Row, text } from './rows.ts';

/** A document of which the bucket doesn't have the present state. */
export interface ChangedDocument {
  /** Days since 1970 UTC whose notes they are; -1: the cameras. */
  readonly day: number;
  /** How often it changed so far. */
  readonly changes: number;
}

/** What goes from the ledger into the bucket beside segments. */
export interface JournalQueries {
  /** The ledger's name in the bucket: 16 hex digits of chance. */
  readonly ledgerId: string;
  changed(): ChangedDocument[];
  document(changed: ChangedDocument): { readonly name: string; readonly body: Buffer };
  /** Notes that the bucket has it as it was then. It may have changed again since. */
  written(changed: ChangedDocument): void;
}

export const camerasDay = -1;

const dayMs = 86_400_000;

// Those that were only met as the owners of footage are not known, and come back with their footage.
const accountsSql = `SELECT name, createdMs, removedMs,
  (SELECT json_group_array(json_object('name', name, 'untilMs', untilMs) ORDER BY untilMs, name)
    FROM formerAccountNames WHERE formerAccountNames.account = accounts.id) AS formerNames
  FROM accounts
  WHERE removedMs IS NOT createdMs ORDER BY name`;
const camerasSql = `
  SELECT accounts.name AS account, cameras.name AS camera, rtspPath, rtspUser,
    rtspPassword IS NOT NULL AS hasRtspPassword, profile, cameras.createdMs, cameras.removedMs,
    newSinceMs, disabledMs, firstContactMs,
    (SELECT json_group_array(json_object('name', name, 'untilMs', untilMs) ORDER BY untilMs, name)
      FROM formerNames WHERE formerNames.camera = cameras.id) AS formerNames,
    (SELECT json_group_array(json_object('algorithm', algorithm, 'blob', hex(blob),
      'fingerprint', fingerprint, 'comment', comment, 'addedMs', addedMs,
      'successor', successor) ORDER BY fingerprint)
      FROM keys WHERE keys.camera = cameras.id) AS keys
  FROM cameras JOIN accounts ON accounts.id = cameras.account
  WHERE cameras.removedMs IS NOT cameras.createdMs
  ORDER BY accounts.name, cameras.name`;
const statesSql = `SELECT ${namesAt('states.atMs')}, atMs, state, detail
  FROM states JOIN cameras ON cameras.id = states.camera
  JOIN accounts ON accounts.id = cameras.account
  WHERE atMs >= ? AND atMs < ? ORDER BY accounts.name, cameras.id, atMs`;
const lossesSql = `SELECT ${namesAt('losses.startMs')},
    startMs, durationMs, cause, detail, hole
  FROM losses JOIN cameras ON cameras.id = losses.camera
  JOIN accounts ON accounts.id = cameras.account
  WHERE startMs >= ? AND startMs < ? ORDER BY accounts.name, cameras.id, startMs, durationMs, cause, hole`;

function readKey({ blob, successor, ...key }: Record<string, unknown>) {
  return {
    ...key,
    blob: Buffer.from(String(blob), 'hex').toString('base64'),
    isSuccessor: successor === 1,
  } as DocumentedCamera['keys'][number];
}

function readCamera(row: Row): DocumentedCamera {
  const rtspPath = text(row, 'rtspPath');
  return {
    account: text(row, 'account'),
    camera: text(row, 'camera'),
    ...(isSecretPath(rtspPath) ? {} : { rtspPath }),
    ...optional(row, 'rtspUser', text),
    hasRtspPassword: row['hasRtspPassword'] === 1,
    // The schema allows no other words.
    ...optional(row, 'profile', (from, column) => text(from, column) as 'copy' | 'downsample'),
    createdMs: number(row, 'createdMs'),
    ...optional(row, 'removedMs', number),
    ...optional(row, 'newSinceMs', number),
    ...optional(row, 'disabledMs', number),
    ...optional(row, 'firstContactMs', number),
    keys: (JSON.parse(text(row, 'keys')) as Record<string, unknown>[]).map(readKey),
    formerNames: JSON.parse(text(row, 'formerNames')) as DocumentedCamera['formerNames'],
  };
}

const readAccount = (row: Row): KnownAccount => ({
  name: text(row, 'name'),
  createdMs: number(row, 'createdMs'),
  ...optional(row, 'removedMs', number),
  formerNames: JSON.parse(text(row, 'formerNames')) as KnownAccount['formerNames'],
});

/** Accounts and cameras as the bucket has them: without anything secret. */
export const knownCameras = (
  database: DatabaseSync,
): Pick<CamerasDocument, 'accounts' | 'cameras'> => ({
  accounts: database.prepare(accountsSql).all().map(readAccount),
  cameras: database.prepare(camerasSql).all().map(readCamera),
});

/** The notes of a stretch of time, by their begin: states, then losses. */
export function* notesBetween(
  database: DatabaseSync,
  fromMs: number,
  toMs: number,
): Generator<Note> {
  const range = [fromMs, toMs] as const;
  for (const row of database.prepare(statesSql).iterate(...range)) {
    yield { ...(row as unknown as StateNote), detail: withoutPasswords(text(row, 'detail')) };
  }
  for (const row of database.prepare(lossesSql).iterate(...range)) {
    const loss = row as unknown as LossNote;
    yield { ...loss, detail: withoutPasswords(loss.detail), hole: row['hole'] === 1 };
  }
}

export const readLedgerId = (database: DatabaseSync): string =>
  text(database.prepare('SELECT ledgerId FROM journal').get() ?? {}, 'ledgerId');

export function prepareJournal(database: DatabaseSync): JournalQueries {
  const ledgerId = readLedgerId(database);
  const changed = database.prepare(
    'SELECT day, changes FROM journalDocuments WHERE changes > written ORDER BY day',
  );
  const written = database.prepare('UPDATE journalDocuments SET written = ? WHERE day = ?');
  return {
    ledgerId,
    changed: () =>
      changed.all().map((row) => ({ day: number(row, 'day'), changes: number(row, 'changes') })),
    document: ({ day }) =>
      day === camerasDay
        ? {
            name: camerasName(ledgerId),
            body: formatCameras({ ledgerId, writtenMs: Date.now(), ...knownCameras(database) }),
          }
        : {
            name: notesName(ledgerId, day),
            body: formatNotes(notesBetween(database, day * dayMs, (day + 1) * dayMs)),
          },
    written: ({ day, changes }) => void written.run(changes, day),
  };
}
