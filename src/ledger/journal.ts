import type { DatabaseSync } from 'node:sqlite';
import { withoutPasswords } from '../lib/redactor.ts';
import { isSecretPath } from '../lib/secret-path.ts';
import type {
  CamerasDocument,
  DocumentedAccount,
  DocumentedCamera,
  LossNote,
  Note,
  StateNote,
} from '../model/journal-documents.ts';
import { namesAt } from './names-at.ts';
import { isTrue, json, number, optional, reader, text, word } from './read.ts';

/** A document whose copy in the bucket is missing or stale. */
export interface ChangedDocument {
  /** The day of the notes, in days since 1970 UTC; {@link camerasDay}: the cameras. */
  readonly day: number;
  /** How often the document has changed so far. */
  readonly changes: number;
}

export type DocumentedCameras = Pick<CamerasDocument, 'accounts' | 'cameras'>;

/** The ledger's data that is copied to the bucket in addition to segments. */
export interface JournalQueries {
  /** The ledger's name in the bucket: 16 random hex digits. */
  readonly ledgerId: string;
  changed(): ChangedDocument[];
  /** Accounts and cameras, without secrets. */
  cameras(): DocumentedCameras;
  /** The states, then the losses, that begin on a day. */
  notes(day: number): Iterable<Note>;
  /** Notes that the bucket has this version of a document, which may have changed again since. */
  written(changed: ChangedDocument): void;
}

export const camerasDay = -1;

const dayMs = 86_400_000;

// Without accounts and cameras that were never added: a rebuild restores them from their footage.
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
      'isSuccessor', json(iif(successor, 'true', 'false'))) ORDER BY fingerprint)
      FROM keys WHERE keys.camera = cameras.id) AS keys
  FROM cameras JOIN accounts ON accounts.id = cameras.account
  WHERE cameras.removedMs IS NOT cameras.createdMs
  ORDER BY accounts.name, cameras.name`;
const statesSql = `SELECT ${namesAt('states.atMs')}, atMs, state, detail
  FROM states JOIN cameras ON cameras.id = states.camera
  JOIN accounts ON accounts.id = cameras.account
  WHERE atMs >= :fromMs AND atMs < :toMs ORDER BY accounts.name, cameras.id, atMs`;
const lossesSql = `SELECT ${namesAt('losses.startMs')},
    startMs, durationMs, cause, detail, hole
  FROM losses JOIN cameras ON cameras.id = losses.camera
  JOIN accounts ON accounts.id = cameras.account
  WHERE startMs >= :fromMs AND startMs < :toMs
  ORDER BY accounts.name, cameras.id, startMs, durationMs, cause, hole`;

const readChanged = reader<ChangedDocument>({ day: number, changes: number });
const readAccount = reader<DocumentedAccount>({
  name: text,
  createdMs: number,
  removedMs: optional(number),
  formerNames: json(),
});
const readCamera = reader<DocumentedCamera>({
  account: text,
  camera: text,
  rtspPath: (value) => (isSecretPath(text(value)) ? undefined : text(value)),
  rtspUser: optional(text),
  hasRtspPassword: isTrue,
  profile: optional(word()),
  createdMs: number,
  removedMs: optional(number),
  newSinceMs: optional(number),
  disabledMs: optional(number),
  firstContactMs: optional(number),
  keys: (value) =>
    json<DocumentedCamera['keys']>()(value).map((key) => ({
      ...key,
      blob: Buffer.from(key.blob, 'hex').toString('base64'),
    })),
  formerNames: json(),
});
const detail = (value: Parameters<typeof text>[0]): string => withoutPasswords(text(value));
const readState = reader<StateNote>({
  account: text,
  camera: text,
  atMs: number,
  state: word(),
  detail,
});
const readLoss = reader<LossNote>({
  account: text,
  camera: text,
  startMs: number,
  durationMs: number,
  cause: word(),
  detail,
  hole: isTrue,
});

/** Accounts and cameras for the bucket, without secrets. */
export const documentedCameras = (database: DatabaseSync): DocumentedCameras => ({
  accounts: database.prepare(accountsSql).all().map(readAccount),
  cameras: database.prepare(camerasSql).all().map(readCamera),
});

export function prepareJournal(database: DatabaseSync): JournalQueries {
  const ledgerId = text(database.prepare('SELECT ledgerId FROM journal').get()?.['ledgerId']);
  const changed = database.prepare(
    'SELECT day, changes FROM journalDocuments WHERE changes > written ORDER BY day',
  );
  const states = database.prepare(statesSql);
  const losses = database.prepare(lossesSql);
  const written = database.prepare(
    'UPDATE journalDocuments SET written = :changes WHERE day = :day',
  );
  return {
    ledgerId,
    changed: () => changed.all().map(readChanged),
    cameras: () => documentedCameras(database),
    *notes(day) {
      const range = { fromMs: day * dayMs, toMs: (day + 1) * dayMs };
      for (const row of states.iterate(range)) yield readState(row);
      for (const row of losses.iterate(range)) yield readLoss(row);
    },
    written: ({ day, changes }) => {
      written.run({ day, changes });
    },
  };
}
