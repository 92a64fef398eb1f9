import type { DatabaseSync } from 'node:sqlite';
import { formatCameraName } from '../model/camera-name.ts';
import type { CamerasDocument, DocumentedCamera, KnownAccount } from './journal-documents.ts';
import { number } from '../ledger/rows.ts';
import { defaultRtspPath } from '../model/camera.ts';

export interface KnownCameras {
  readonly accounts: readonly KnownAccount[];
  readonly cameras: readonly DocumentedCamera[];
}

/** What accounts were called earlier, and are called now, by what the documents say that were read. */
class AccountNames {
  readonly #former: { readonly name: string; readonly untilMs: number; readonly now: string }[] =
    [];

  add({ name: now, formerNames }: KnownAccount): void {
    for (const { name, untilMs } of formerNames) this.#former.push({ name, untilMs, now });
  }

  /** What an account is called now that had the name at `atMs` (since 1970 UTC). */
  now(name: string, atMs: number): string {
    const later = this.#former.filter((one) => one.name === name && one.untilMs > atMs);
    return later.toSorted((a, b) => a.untilMs - b.untilMs)[0]?.now ?? name;
  }
}

/**
 * What all ledgers that wrote into a bucket know of cameras. Of a camera that several know, what was
 * written last holds; a key belongs to the camera that had it last.
 */
export function mergeCameras(documents: readonly CamerasDocument[]): KnownCameras {
  const newestFirst = documents.toSorted((a, b) => b.writtenMs - a.writtenMs);
  const accounts = new Map<string, KnownAccount>();
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
export function insertCameras(database: DatabaseSync, known: KnownCameras, nowMs: number): void {
  const addAccount = database.prepare(
    `INSERT INTO accounts (name, createdMs, removedMs) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const accountId = database.prepare('SELECT id FROM accounts WHERE name = ?');
  const addCamera = database.prepare(
    `INSERT INTO cameras (account, name, rtspPath, rtspUser, profile, createdMs, removedMs,
       newSinceMs, disabledMs, firstContactMs)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
  );
  const addKey = database.prepare(
    `INSERT INTO keys (camera, algorithm, blob, fingerprint, comment, addedMs, successor)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const addFormerName = database.prepare(
    'INSERT OR IGNORE INTO formerNames (account, name, untilMs, camera) VALUES (?, ?, ?, ?)',
  );
  const addFormerAccountName = database.prepare(
    'INSERT OR IGNORE INTO formerAccountNames (name, untilMs, account) VALUES (?, ?, ?)',
  );
  for (const { name, createdMs, removedMs, formerNames } of known.accounts) {
    addAccount.run(name, createdMs, removedMs ?? null);
    const id = number(accountId.get(name) ?? {}, 'id');
    for (const former of formerNames) addFormerAccountName.run(former.name, former.untilMs, id);
  }
  for (const camera of known.cameras) {
    addAccount.run(camera.account, nowMs, nowMs);
    const account = number(accountId.get(camera.account) ?? {}, 'id');
    const row = addCamera.get(
      account,
      camera.camera,
      camera.rtspPath ?? defaultRtspPath,
      camera.rtspUser ?? null,
      camera.profile ?? null,
      camera.createdMs,
      camera.removedMs ?? null,
      camera.newSinceMs ?? null,
      camera.disabledMs ?? null,
      camera.firstContactMs ?? null,
    );
    const id = number(row ?? {}, 'id');
    for (const { algorithm, blob, fingerprint, comment, addedMs, isSuccessor } of camera.keys) {
      const bytes = Buffer.from(blob, 'base64');
      addKey.run(id, algorithm, bytes, fingerprint, comment, addedMs, Number(isSuccessor));
    }
    for (const { name, untilMs } of camera.formerNames) {
      addFormerName.run(account, name, untilMs, id);
    }
  }
}
