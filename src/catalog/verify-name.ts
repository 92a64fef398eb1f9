import { setImmediate } from 'node:timers/promises';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { BucketReader, ListedObject } from '../storage/bucket-reader.ts';
import type { ProblemKind } from '../contract/verify.ts';
import type { AuditRow, AuditQueries } from '../ledger/audit.ts';

export interface NameVerification {
  readonly name: CameraName;
  readonly fromMs: number;
  readonly toMs: number;
  readonly deep: boolean;
  readonly ledger: { readonly audit: AuditQueries };
  readonly reader: Pick<BucketReader, 'pages' | 'sizeOf' | 'digest' | 'prefix'>;
  /** Whether there is or was a camera of that name (`account/camera`), or footage under it. */
  readonly isName: (name: string) => boolean;
  /** When the audit began, in ms since 1970 UTC. What was stored later may be on one side only. */
  readonly startedMs: number;
  /** Counted up. */
  readonly done: { objects: number; bytes: number; read: number; underWay: number };
  readonly retry: <T>(task: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  readonly problem: (kind: ProblemKind, key: string, detail: string) => Promise<void>;
  readonly signal: AbortSignal;
}

const dayMs = 86_400_000;
const rowsAtOnce = 1_000;
/** After so many objects in a row that both the listing and the store lacked, the listing is believed. */
const confirmations = 100;

/**
 * Compares what the bucket has under one camera's name with the ledger. Both are read in the order of
 * time, a page at a time.
 */
export async function verifyName(options: NameVerification): Promise<void> {
  const { fromMs, toMs } = options;
  const check = new NameCheck(options);
  let atMs = fromMs;
  for await (const page of objectPages(options)) {
    const lastMs = page.at(-1)?.segment?.startMs;
    const isLast = lastMs === undefined;
    // The next page may have more objects of this page's last start, so these wait for it.
    const untilMs = isLast ? toMs : lastMs;
    await check.stretch(page, atMs, untilMs);
    atMs = Math.max(atMs, untilMs);
  }
}

/**
 * Pages of a name's segments in the range. Each begins with the last start of the one before, and an
 * empty page follows the last one. Objects that are no segments are reported.
 */
async function* objectPages(options: NameVerification): AsyncGenerator<ListedObject[]> {
  const { name, fromMs, toMs, reader, retry, problem, signal } = options;
  const under = `${name.account}/${name.camera}/`;
  let after = fromMs > 0 ? dayFolder(fromMs) : '';
  let listing = reader.pages(under, { after, signal });
  let held: ListedObject[] = [];
  for (let more = true; more; ) {
    const page = await retry(async () => {
      try {
        return (await listing.next()).value ?? [];
      } catch (error) {
        // The next try continues after the last page that was read.
        listing = reader.pages(under, { after, signal });
        throw error;
      }
    });
    after = page.at(-1)?.key.slice(reader.prefix.length + under.length) ?? after;
    more = page.length > 0;
    for (const object of page) {
      const { segment, key } = object;
      if (segment === undefined) await problem('strange', key, '');
      else if (segment.startMs >= toMs) more = false;
      else if (segment.startMs >= fromMs) held.push(object);
    }
    if (!more) break;
    const lastMs = held.at(-1)?.segment?.startMs;
    if (lastMs === undefined) continue;
    yield held;
    held = held.filter(({ segment }) => segment?.startMs === lastMs);
  }
  yield [...held, endOfList];
}

const identityOf = ({ startMs, sha256 }: { readonly startMs: number; readonly sha256: string }) =>
  `${startMs} ${sha256}`;

const endOfList: ListedObject = { key: '', bytes: 0, etag: '', modifiedMs: 0 };

const dayFolder = (ms: number): string =>
  new Date(Math.floor(ms / dayMs) * dayMs).toISOString().slice(0, 10).replaceAll('-', '/');

class NameCheck {
  readonly #options: NameVerification;
  #absentInRow = 0;

  constructor(options: NameVerification) {
    this.#options = options;
  }

  /** Compares what begins from `fromMs` (inclusive) to `untilMs` (exclusive). */
  async stretch(page: readonly ListedObject[], fromMs: number, untilMs: number): Promise<void> {
    const { ledger, name } = this.#options;
    const objects = new Map<string, ListedObject>();
    const keys = new Map<string, string>();
    for (const object of page) {
      const { key, segment } = object;
      if (segment === undefined || segment.startMs < fromMs || segment.startMs >= untilMs) continue;
      objects.set(key, object);
      keys.set(identityOf(segment), key);
    }
    for (let atMs = fromMs; atMs < untilMs; ) {
      const range = { fromMs: atMs, toMs: untilMs, limit: rowsAtOnce };
      const rows = ledger.audit.rows(name, range);
      for (const row of rows) {
        if (row.state === 'stored') await this.#stored(row, objects);
        else {
          // It is being uploaded, or about to be noted as stored.
          objects.delete(keys.get(identityOf(row)) ?? '');
          if (!row.isFormer) this.#options.done.underWay += 1;
        }
      }
      const lastMs = rows.at(-1)?.startMs;
      if (lastMs === undefined || rows.length < rowsAtOnce) break;
      atMs = lastMs + 1;
      // Footage passes through the same process.
      await setImmediate();
    }
    for (const object of objects.values()) await this.#unknown(object);
  }

  /** Removes the row's object from `objects`. */
  async #stored(row: AuditRow, objects: Map<string, ListedObject>): Promise<void> {
    const { problem, name, isName, reader } = this.#options;
    const key = row.objectKey ?? '';
    const [account = '', camera = ''] = key.startsWith(reader.prefix)
      ? key.slice(reader.prefix.length).split('/')
      : [];
    const recordedAs = formatCameraName({ account, camera });
    if (!isName(recordedAs)) {
      const expected = `expected below ${reader.prefix}${name.account}/`;
      if (!row.isFormer) await problem('elsewhere', key, expected);
      return;
    }
    // Recorded under another name of the same camera.
    if (recordedAs !== formatCameraName(name)) return;
    const object = objects.get(key);
    objects.delete(key);
    if (object === undefined) return await this.#absent(row, key);
    await this.#present(row, object);
  }

  async #present(row: AuditRow, { key, bytes, etag }: ListedObject): Promise<void> {
    const { deep, done, problem } = this.#options;
    if (bytes !== row.bytes) {
      return await problem('wrong size', key, `${bytes} bytes instead of ${row.bytes}`);
    }
    if ((deep || wasReplaced(row, etag)) && !(await this.#isRight(row, key))) return;
    done.objects += 1;
    done.bytes += bytes;
  }

  async #isRight(row: AuditRow, key: string): Promise<boolean> {
    const { reader, done, problem, retry, signal } = this.#options;
    try {
      const digest = await retry((reading) => reader.digest(key, reading));
      done.read += 1;
      if (digest?.sha256 === row.sha256) return true;
      if (digest === undefined) await problem('missing', key, 'the bucket shows it and has it not');
      else await problem('wrong content', key, `its SHA-256 is ${digest.sha256}`);
    } catch (error) {
      signal.throwIfAborted();
      await problem('unreadable', key, error instanceof Error ? error.message : String(error));
    }
    return false;
  }

  /** Asks for the object itself: a listing may lag behind what the bucket holds. */
  async #absent(row: AuditRow, key: string): Promise<void> {
    const { reader, startedMs, done, problem, retry } = this.#options;
    if ((row.storedMs ?? 0) >= startedMs) {
      done.underWay += 1;
      return;
    }
    if (this.#absentInRow < confirmations) {
      const bytes = await retry((signal) => reader.sizeOf(key, signal));
      if (bytes !== undefined) {
        this.#absentInRow = 0;
        await this.#present(row, { key, bytes, etag: row.etag ?? '', modifiedMs: 0 });
        return;
      }
      this.#absentInRow += 1;
    }
    await problem('missing', key, '');
  }

  async #unknown({ key, modifiedMs }: ListedObject): Promise<void> {
    const { startedMs, done, problem } = this.#options;
    if (modifiedMs > startedMs) done.underWay += 1;
    else await problem('unknown', key, '');
  }
}

/**
 * Whether the store's tag differs from that of the object that was proven. The object need not be
 * wrong: a bucket may have been copied.
 */
const wasReplaced = (row: AuditRow, etag: string): boolean =>
  row.etag !== undefined && plain(row.etag) !== plain(etag);

const plain = (etag: string): string => etag.replaceAll('"', '').toLowerCase();
