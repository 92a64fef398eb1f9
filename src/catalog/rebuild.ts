import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { describeError } from '../lib/errors.ts';
import { formatCameraName } from '../model/camera-name.ts';
import { syncDirectory } from '../lib/sync-directory.ts';
import type { BucketReader, ListedObject } from '../storage/bucket-reader.ts';
import type { Documents } from '../storage/documents.ts';
import { prepareAccountRows } from '../ledger/account-rows.ts';
import { prepareCameraIds } from '../ledger/camera-ids.ts';
import { openDatabase, transaction } from '../ledger/database.ts';
import type { CamerasDocument, Note } from '../model/journal-documents.ts';
import { parseCameras, parseDocumentName, parseNotes } from './journal-documents.ts';
import { insertCameras, mergeCameras } from './rebuild-cameras.ts';
import { blobOf, number } from '../ledger/read.ts';

/** What a rebuild reads of a bucket. */
export interface RebuildSource {
  readonly reader: Pick<BucketReader, 'pages' | 'prefix'>;
  readonly documents: Pick<Documents, 'names' | 'read'>;
}

export interface LedgerRebuild {
  /** The ledger's file. It is not touched. */
  readonly file: string;
  readonly bucket: RebuildSource;
  /** The version of this program; the daemon that ran last is taken to have had the same. */
  readonly version: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (objects: number) => void;
}

/** Something in the bucket that could not be used. */
export interface Unusable {
  readonly name: string;
  readonly why: string;
}

export interface Rebuilt {
  /** Where the new ledger is. */
  readonly file: string;
  readonly segments: number;
  readonly bytes: number;
  readonly cameras: number;
  /** Cameras that are in no document: there is their footage, but no key. */
  readonly foreign: readonly string[];
  /** Cameras whose RTSP password must be given again. */
  readonly withoutPassword: readonly string[];
  /** Cameras whose RTSP path must be given again, since it seemed to hold a secret. */
  readonly withoutPath: readonly string[];
  /** How many documents were read. */
  readonly documents: number;
  /** Documents that could not be read. */
  readonly unusable: readonly Unusable[];
  /** Objects that this program didn't write: how many, and the keys of the first. */
  readonly strange: { readonly count: number; readonly first: readonly string[] };
}

const strangeShown = 20;
const documentFolder = '_ledger/';

/**
 * Makes a ledger from what the bucket holds, beside the present one: `FILE.rebuilt`. It lacks what is
 * not in the bucket: viewers, RTSP passwords, tokens, segments that were not stored yet.
 *
 * @throws an error of the store; an OperatorError if the file can't be made
 */
export async function rebuildLedger(options: LedgerRebuild): Promise<Rebuilt> {
  const file = `${options.file}.rebuilt`;
  // Only a complete file gets the final name.
  const unfinished = `${options.file}.rebuilding`;
  removeLedger(unfinished);
  try {
    const report = await build(unfinished, options);
    giveTo(ownerOf(options.file), unfinished);
    removeLedger(file);
    renameSync(unfinished, file);
    await syncDirectory(dirname(file));
    return { ...report, file };
  } catch (error) {
    removeLedger(unfinished);
    throw error;
  }
}

async function build(file: string, options: LedgerRebuild): Promise<Omit<Rebuilt, 'file'>> {
  const { bucket, signal } = options;
  using database = openDatabase(file);
  // An incomplete file is of no use after a power cut, so it is brought to the disk once, at the end.
  database.exec('PRAGMA synchronous = OFF');
  const found = await readDocuments(bucket.documents, signal);
  const known = mergeCameras(found.cameras);
  transaction(database, () => insertCameras(database, known, Date.now()));
  const builder = new Builder(database);
  let objects = 0;
  for await (const page of bucket.reader.pages('', { signal })) {
    builder.addPage(page, bucket.reader.prefix);
    objects += page.length;
    options.onProgress?.(objects);
    signal.throwIfAborted();
  }
  for (const notes of found.notes) {
    const body = await bucket.documents.read(notes, signal);
    found.use(notes, () => builder.addNotes(parseNotes(body)));
  }
  // A ledger that knew no camera was begun after the cameras' own was lost: it knew nothing of them.
  const signsOfLife = found.cameras.filter((document) => document.cameras.length > 0);
  builder.finish(options.version, Math.max(0, ...signsOfLife.map(({ writtenMs }) => writtenMs)));
  // Leaves one file, without -wal and -shm; whoever opens it next as a ledger makes these again.
  database.exec('PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE;');
  const there = known.cameras.filter(({ removedMs }) => removedMs === undefined);
  return {
    ...builder.sums(),
    cameras: there.length,
    withoutPassword: there.filter((camera) => camera.hasRtspPassword).map(formatCameraName),
    withoutPath: there.filter((camera) => camera.rtspPath === undefined).map(formatCameraName),
    documents: found.used(),
    unusable: found.unusable,
  };
}

/** Reads the documents of cameras, and lists those of notes: those of the ledger that wrote last come last. */
async function readDocuments(documents: RebuildSource['documents'], signal: AbortSignal) {
  const unusable: Unusable[] = [];
  const cameras: CamerasDocument[] = [];
  const notes: { readonly name: string; readonly ledgerId: string }[] = [];
  let used = 0;
  const use = (name: string, task: () => void): void => {
    try {
      task();
      used += 1;
    } catch (error) {
      unusable.push({ name, why: describeError(error).slice(0, 200) });
    }
  };
  for (const name of await documents.names(signal)) {
    const parsed = parseDocumentName(name);
    if (parsed === undefined) unusable.push({ name, why: 'it is no document of a ledger' });
    else if (parsed.kind === 'notes') notes.push({ name, ledgerId: parsed.ledgerId });
    else {
      const body = await documents.read(name, signal);
      use(name, () => cameras.push(parseCameras(parsed.ledgerId, body)));
    }
  }
  const writtenMs = new Map(cameras.map((document) => [document.ledgerId, document.writtenMs]));
  const age = (ledgerId: string): number => writtenMs.get(ledgerId) ?? 0;
  return {
    cameras,
    notes: notes.toSorted((a, b) => age(a.ledgerId) - age(b.ledgerId)).map(({ name }) => name),
    unusable,
    use,
    used: () => used,
  };
}

/**
 * A camera with footage from after its last note was recorded then: the bucket lacks the note of that,
 * as its machine was lost first. Without it, the earlier note would explain all that is missing since.
 */
const noteRecorded = `
  INSERT INTO states (camera, atMs, state, detail)
  SELECT newest.camera, min(segments.startMs), 'recording', ''
  FROM (SELECT camera, max(atMs) AS atMs, state FROM states GROUP BY camera) AS newest
    JOIN segments ON segments.camera = newest.camera AND segments.startMs > newest.atMs
  WHERE newest.state NOT IN ('recording', 'disabled')
  GROUP BY newest.camera`;

/** Fills a ledger, page by page. */
class Builder {
  readonly #database: DatabaseSync;
  readonly #ids: ReturnType<typeof prepareCameraIds>;
  readonly #addSegment;
  readonly #addState;
  readonly #addLoss;
  readonly #strange: string[] = [];
  #strangeCount = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#ids = prepareCameraIds(database, prepareAccountRows(database));
    this.#addSegment = database.prepare(
      `INSERT INTO segments
         (camera, startMs, durationMs, sha256, bytes, state, objectKey, etag, storedMs)
       VALUES (:camera, :startMs, :durationMs, :hash, :bytes, 'stored', :key, :etag, :modifiedMs)
       ON CONFLICT DO NOTHING`,
    );
    this.#addState = database.prepare(
      `INSERT OR REPLACE INTO states (camera, atMs, state, detail)
       VALUES (:camera, :atMs, :state, :detail)`,
    );
    this.#addLoss = database.prepare(
      `INSERT OR REPLACE INTO losses (camera, startMs, durationMs, cause, detail, hole)
       VALUES (:camera, :startMs, :durationMs, :cause, :detail, :hole)`,
    );
  }

  addPage(page: readonly ListedObject[], prefix: string): void {
    transaction(this.#database, () => {
      for (const object of page) {
        if (object.key.startsWith(prefix + documentFolder)) continue;
        if (!this.#add(object)) this.#meetStrange(object.key);
      }
    });
  }

  addNotes(notes: readonly Note[]): void {
    transaction(this.#database, () => {
      for (const note of notes) {
        const startMs = 'atMs' in note ? note.atMs : note.startMs;
        const camera = this.#ids.ofFootage({ ...note, startMs });
        const { detail } = note;
        if ('atMs' in note)
          this.#addState.run({ camera, atMs: startMs, state: note.state, detail });
        else {
          const { durationMs, cause, hole } = note;
          this.#addLoss.run({ camera, startMs, durationMs, cause, detail, hole: Number(hole) });
        }
      }
    });
  }

  /** @param writtenMs when a daemon last wrote a document, in ms since 1970 UTC */
  finish(version: string, writtenMs: number): void {
    transaction(this.#database, () => {
      this.#database.exec(noteRecorded);
      const aliveMs = this.#number(
        `SELECT max(coalesce((SELECT max(atMs) FROM states), 0),
           coalesce((SELECT max(newestEndMs) FROM totals), 0)) AS value`,
      );
      // So that the next daemon notes that there was none since then.
      this.#database
        .prepare('INSERT INTO daemon (id, version, aliveMs, stopped) VALUES (1, :version, :ms, 0)')
        .run({ version, ms: Math.max(aliveMs, writtenMs) });
      // The bucket has these notes, by the names of the ledgers that wrote them.
      this.#database.exec('UPDATE journalDocuments SET written = changes WHERE day >= 0');
    });
  }

  sums(): Pick<Rebuilt, 'segments' | 'bytes' | 'foreign' | 'strange'> {
    const foreign = this.#database
      .prepare(
        `SELECT accounts.name AS account, cameras.name AS camera
         FROM cameras JOIN accounts ON accounts.id = cameras.account
         WHERE cameras.removedMs = cameras.createdMs ORDER BY accounts.name, cameras.name`,
      )
      .all();
    return {
      segments: this.#number('SELECT coalesce(sum(segments), 0) AS value FROM totals'),
      bytes: this.#number('SELECT coalesce(sum(bytes), 0) AS value FROM totals'),
      foreign: foreign.map(({ account, camera }) => `${String(account)}/${String(camera)}`),
      strange: { count: this.#strangeCount, first: this.#strange },
    };
  }

  #add({ key, bytes, etag, modifiedMs, segment }: ListedObject): boolean {
    if (segment === undefined) return false;
    const { startMs, durationMs, sha256 } = segment;
    const camera = this.#ids.ofFootage(segment);
    const hash = blobOf(sha256);
    const { changes } = this.#addSegment.run({
      camera,
      startMs,
      durationMs,
      hash,
      bytes,
      key,
      etag,
      modifiedMs,
    });
    return changes === 1;
  }

  #meetStrange(key: string): void {
    this.#strangeCount += 1;
    if (this.#strange.length < strangeShown) this.#strange.push(key);
  }

  #number(sql: string): number {
    return number(this.#database.prepare(sql).get()?.['value']);
  }
}

/** Deletes a ledger's file and those that SQLite keeps beside it. */
export function removeLedger(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}

/** The rebuilt file gets the owner of the present one, so that the daemon can use it whoever runs this. */
function ownerOf(file: string): { readonly uid: number; readonly gid: number } {
  return statSync(existsSync(file) ? file : dirname(file));
}

function giveTo({ uid, gid }: { readonly uid: number; readonly gid: number }, file: string): void {
  const fd = openSync(file, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (process.getuid?.() === 0) chownSync(file, uid, gid);
}
