import type { DatabaseSync } from 'node:sqlite';
import { formatCameraName } from '../model/camera-name.ts';
import type { DocumentedCameras } from '../ledger/journal.ts';
import { number } from '../ledger/read.ts';
import { defaultRtspPath } from '../model/camera.ts';
import type {
  CamerasDocument,
  DocumentedAccount,
  DocumentedCamera,
} from '../model/journal-documents.ts';

/** What accounts were called earlier, and are called now, going by the documents that were read. */
class AccountNames {
  readonly #former: { readonly name: string; readonly untilMs: number; readonly now: string }[] =
    [];

  add({ name: now, formerNames }: DocumentedAccount): void {
    for (const { name, untilMs } of formerNames) this.#former.push({ name, untilMs, now });
  }

  /** The present name of the account that had a name at `atMs` (since 1970 UTC). */
  now(name: string, atMs: number): string {
    const later = this.#former.filter((one) => one.name === name && one.untilMs > atMs);
    return later.toSorted((a, b) => a.untilMs - b.untilMs)[0]?.now ?? name;
  }
}

/**
 * What all ledgers that wrote into a bucket know of cameras. Of a camera that several know, what was
 * written last holds; a key belongs to the camera that had it last.
 */
export function mergeCameras(documents: readonly CamerasDocument[]): DocumentedCameras {
  const newestFirst = documents.toSorted((a, b) => b.writtenMs - a.writtenMs);
  const accounts = new Map<string, DocumentedAccount>();
  const cameras = new Map<string, DocumentedCamera>();
  const keys = new Set<string>();
  /** When a camera ceased to have a name, in ms since 1970 UTC, for the last time. */
  const renamed = new Map<string, number>();
  const names = new AccountNames();
  for (const document of newestFirst) {
    const { writtenMs } = document;
    const ofDocument = document.cameras.map((camera) => ({
      ...camera,
      account: names.now(camera.account, writtenMs),
    }));
    const unknown = document.accounts.filter(
      ({ name }) => names.now(name, writtenMs) === name && !accounts.has(name),
    );
    for (const account of unknown) {
      accounts.set(account.name, account);
      names.add(account);
    }
    // As it was known then, a camera that was renamed since is there under its new name already.
    // Looked up before any is added: one may have the name that another of the document had before.
    const added = ofDocument.filter((camera) => {
      const name = formatCameraName(camera);
      return !cameras.has(name) && (renamed.get(name) ?? -1) <= writtenMs;
    });
    for (const camera of added) {
      const own = camera.keys.filter(({ blob }) => !keys.has(blob));
      for (const { blob } of own) keys.add(blob);
      cameras.set(formatCameraName(camera), { ...camera, keys: own });
      for (const { name, untilMs } of camera.formerNames) {
        const former = formatCameraName({ account: camera.account, camera: name });
        renamed.set(former, Math.max(untilMs, renamed.get(former) ?? 0));
      }
    }
  }
  return { accounts: [...accounts.values()], cameras: [...cameras.values()] };
}

/** Puts accounts and cameras into an empty ledger. */
export function insertCameras(
  database: DatabaseSync,
  known: DocumentedCameras,
  nowMs: number,
): void {
  const addAccount = database.prepare(
    `INSERT INTO accounts (name, createdMs, removedMs) VALUES (:name, :createdMs, :removedMs)
     ON CONFLICT DO NOTHING`,
  );
  const accountId = database.prepare('SELECT id FROM accounts WHERE name = ?');
  const addCamera = database.prepare(
    `INSERT INTO cameras (account, name, rtspPath, rtspUser, profile, createdMs, removedMs,
       newSinceMs, disabledMs, firstContactMs)
     VALUES (:account, :name, :rtspPath, :rtspUser, :profile, :createdMs, :removedMs, :newSinceMs,
       :disabledMs, :firstContactMs) RETURNING id`,
  );
  const addKey = database.prepare(
    `INSERT INTO keys (camera, algorithm, blob, fingerprint, comment, addedMs, successor)
     VALUES (:id, :algorithm, :bytes, :fingerprint, :comment, :addedMs, :successor)`,
  );
  const addFormerName = database.prepare(
    `INSERT OR IGNORE INTO formerNames (account, name, untilMs, camera)
     VALUES (:account, :name, :untilMs, :id)`,
  );
  const addFormerAccountName = database.prepare(
    `INSERT OR IGNORE INTO formerAccountNames (name, untilMs, account)
     VALUES (:name, :untilMs, :id)`,
  );
  for (const { name, createdMs, removedMs, formerNames } of known.accounts) {
    addAccount.run({ name, createdMs, removedMs: removedMs ?? null });
    const id = number(accountId.get(name)?.['id']);
    for (const former of formerNames) {
      addFormerAccountName.run({ id, name: former.name, untilMs: former.untilMs });
    }
  }
  for (const camera of known.cameras) {
    addAccount.run({ name: camera.account, createdMs: nowMs, removedMs: nowMs });
    const account = number(accountId.get(camera.account)?.['id']);
    const row = addCamera.get({
      account,
      name: camera.camera,
      rtspPath: camera.rtspPath ?? defaultRtspPath,
      rtspUser: camera.rtspUser ?? null,
      profile: camera.profile ?? null,
      createdMs: camera.createdMs,
      removedMs: camera.removedMs ?? null,
      newSinceMs: camera.newSinceMs ?? null,
      disabledMs: camera.disabledMs ?? null,
      firstContactMs: camera.firstContactMs ?? null,
    });
    const id = number(row?.['id']);
    for (const { algorithm, blob, fingerprint, comment, addedMs, isSuccessor } of camera.keys) {
      const bytes = Buffer.from(blob, 'base64');
      const successor = Number(isSuccessor);
      addKey.run({ id, algorithm, bytes, fingerprint, comment, addedMs, successor });
    }
    for (const { name, untilMs } of camera.formerNames) {
      addFormerName.run({ account, name, untilMs, id });
    }
  }
}
