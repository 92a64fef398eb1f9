import type { DatabaseSync } from 'node:sqlite';
import { withoutPasswords } from '../lib/log.ts';
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

/** A document of which the bucket doesn't have the present state. */
export interface ChangedDocument {
  /** Days since 1970 UTC whose notes they are; {@link camerasDay}: the cameras. */
  readonly day: number;
  /** How often it changed so far. */
  readonly changes: number;
}

export type DocumentedCameras = Pick<CamerasDocument, 'accounts' | 'cameras'>;

/** What goes from the ledger into the bucket beside segments. */
export interface JournalQueries {
  /** The ledger's name in the bucket: 16 hex digits of chance. */
  readonly ledgerId: string;
  changed(): ChangedDocument[];
  /** Accounts and cameras, without anything secret. */
  cameras(): DocumentedCameras;
  /** The states and losses that begin on a day: states first. */
  notes(day: number): Iterable<Note>;
  /** Notes that the bucket has a document as it was then. It may have changed again since. */
  written(changed: ChangedDocument): void;
}

export const camerasDay = -1;

const dayMs = 86_400_000;

// Accounts and cameras that were only met as the owners of footage come back with their footage.
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

/** Accounts and cameras as the bucket has them: without anything secret. */
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
    written: ({ day, changes }) => void written.run({ day, changes }),
  };
}
