import { setImmediate } from 'node:timers/promises';
import type { AuditQueries, StoredRow } from '../ledger/audit.ts';
import type { SegmentQueries } from '../ledger/segments.ts';
import { background } from '../lib/background.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import { within } from '../lib/until.ts';
import type { GoneFootage } from '../contract/status.ts';
import { formatCameraName } from '../model/camera-name.ts';
import type { GapCause } from '../model/gap-cause.ts';
import type { BucketReader } from '../storage/bucket-reader.ts';
import type { LifecycleRule } from '../storage/lifecycle.ts';

export interface GoneAuditOptions {
  readonly ledger: {
    readonly audit: Pick<AuditQueries, 'sample' | 'storedAs' | 'storedOf'>;
    readonly segments: Pick<SegmentQueries, 'gone'>;
  };
  readonly store: {
    readonly reader: Pick<BucketReader, 'sizeOf' | 'pages' | 'prefix' | 'identify'>;
    rules(signal: AbortSignal): Promise<readonly LifecycleRule[] | undefined>;
    /** What an error of the store means, in plain words. */
    explain(error: unknown): string;
  };
  readonly log: Log;
  readonly clock?: Clock;
  /** Between two tries to see an object that seems to be gone; 2 s unless given. */
  readonly retryMs?: number;
  /**
   * Until a suspect is looked for: they come by the thousand, and are looked for together. 30 s unless
   * given.
   */
  readonly suspectAfterMs?: number;
  /** Until the first audit, since a start has enough to do; 10 minutes unless given. */
  readonly firstAfterMs?: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Three objects of each are asked for. The others' turn comes on other days. */
const camerasAtOnce = 200;

/** An object is gone if the store says so this many times. */
const confirmations = 3;

/** After so many objects of a day that both the listing and the store lacked, the listing is believed. */
const confirmedOfDay = 3;

/** A store may show late what was stored lately. */
const settledMs = hourMs;

/** The ledger's writes hold up the process that footage passes through. */
const notedAtOnce = 20;

/** What is found on more days waits for the next audit. */
const mostDays = 4_000;

/** Days of cameras with a suspect; more of them wait to be suspected again. */
const mostSuspects = 10_000;

const auditWithinMs = 6 * hourMs;

const cause: GapCause = 'deleted in the bucket';

/** Audits a sample of the bucket. */
export interface GoneAudit extends AsyncDisposable {
  /** What was found to be gone since the start; undefined if nothing was. */
  readonly found: GoneFootage | undefined;
  /** How many objects were looked for. */
  readonly checked: number;
  /** Looks soon for an object that somebody has missed in the bucket, and for what is around it. */
  suspect(key: string): void;
}

/**
 * Looks once a day, until disposed of, whether the bucket still has a sample of the stored footage: of
 * each camera the oldest, which rules of the bucket delete first, the newest, and one from any time.
 * What is gone becomes a gap, together with all that is gone around it.
 */
export function startGoneAudit(options: GoneAuditOptions): GoneAudit {
  const audit = new Audit(options);
  const running = background((signal) => audit.daily(signal));
  return {
    get found() {
      return audit.found;
    },
    get checked() {
      return audit.checked;
    },
    suspect: (key) => audit.suspect(key),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

class Audit {
  readonly #options: GoneAuditOptions;
  readonly #clock: Clock;
  /** One missed key of each folder. */
  readonly #suspects = new Map<string, string>();
  #wake: () => void = () => {};
  #found: GoneFootage | undefined;
  #checked = 0;

  constructor(options: GoneAuditOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get found(): GoneFootage | undefined {
    return this.#found;
  }

  get checked(): number {
    return this.#checked;
  }

  suspect(key: string): void {
    const folder = key.slice(0, key.lastIndexOf('/'));
    if (this.#suspects.size < mostSuspects) this.#suspects.set(folder, key);
    this.#wake();
  }

  /** Never rejects. */
  async daily(signal: AbortSignal): Promise<void> {
    const { store, log, firstAfterMs = 600_000, suspectAfterMs: soonMs = 30_000 } = this.#options;
    let waitMs = firstAfterMs;
    for (;;) {
      using pause = new Scope(signal);
      this.#wake = () => pause.end();
      // Jitter, so that daemons started together don't all ask at the same time.
      await this.#clock.sleep(waitMs * (0.9 + Math.random() / 10), pause.signal);
      if (this.#suspects.size > 0) await this.#clock.sleep(soonMs, signal);
      if (signal.aborted) return;
      waitMs = dayMs;
      try {
        await within(auditWithinMs, 'the audit', signal, (inTime) => this.#audit(inTime));
      } catch (error) {
        if (signal.aborted) return;
        log.warn('whether the bucket still has its footage can not be seen now', {
          cause: store.explain(error),
        });
        waitMs = hourMs;
      }
    }
  }

  /** @throws an error of the store; the signal's reason */
  async #audit(signal: AbortSignal): Promise<void> {
    const sample = this.#options.ledger.audit.sample(camerasAtOnce);
    const gone: StoredRow[] = [];
    let present = 0;
    for (const segment of sample) {
      this.#checked += 1;
      if (!(await this.#isGone(segment.objectKey, signal))) present += 1;
      else if (segment.storedMs < this.#clock.wallNow() - settledMs) gone.push(segment);
    }
    const suspects = [...this.#suspects.values()];
    this.#suspects.clear();
    if (gone.length + suspects.length === 0) return;
    if (present === 0) return this.#distrust(gone);
    const rules = await this.#options.store.rules(signal).catch(() => undefined);
    const sweep = new GoneSweep(this.#options, this.#clock, rules ?? [], signal);
    for (const segment of gone) {
      await sweep.around(segment, sample, (key) => this.#isGone(key, signal));
    }
    for (const key of suspects) {
      // What lay around another suspect is noted already.
      const identity = this.#options.store.reader.identify(key);
      const segment = identity && this.#options.ledger.audit.storedAs(identity);
      if (segment === undefined || !(await this.#isGone(key, signal))) continue;
      await sweep.around(segment, [segment, ...sample], (one) => this.#isGone(one, signal));
    }
    this.#note(sweep.noted);
  }

  /** Asks again before it believes that an object is gone. */
  async #isGone(key: string, signal: AbortSignal): Promise<boolean> {
    const { store, retryMs = 2_000 } = this.#options;
    for (let time = 1; ; time += 1) {
      if ((await store.reader.sizeOf(key, signal)) !== undefined) return false;
      if (time === confirmations) return true;
      await this.#clock.sleep(retryMs, signal);
      signal.throwIfAborted();
    }
  }

  /** Nothing of the sample is there: this may be another bucket, so nothing is noted as gone. */
  #distrust(gone: readonly StoredRow[]): void {
    const [first] = gone;
    if (first === undefined) return;
    const detail =
      'nothing of what was looked for is in the bucket. Is it the same bucket, with the same prefix? Nothing is noted as missing until something is found there';
    this.#options.log.error('the bucket seems to be another one, or empty', {
      camera: formatCameraName(first),
      key: first.objectKey,
    });
    this.#found = undefined;
    this.#note(gone.map((segment) => ({ segment, detail })));
  }

  #note(noted: readonly { readonly segment: StoredRow; readonly detail: string }[]): void {
    const [first] = noted;
    if (first === undefined) return;
    const { segment, detail } = first;
    const { startMs } = segment;
    const durationMs = noted.reduce((sum, one) => sum + one.segment.durationMs, 0);
    this.#found = {
      segments: (this.#found?.segments ?? 0) + noted.length,
      durationMs: (this.#found?.durationMs ?? 0) + durationMs,
      camera: formatCameraName(segment),
      startMs,
      noticedMs: this.#clock.wallNow(),
      detail,
    };
  }
}

/** Finds all that is gone around a segment that is gone, day by day in both directions. */
class GoneSweep {
  readonly noted: { readonly segment: StoredRow; readonly detail: string }[] = [];
  readonly #options: GoneAuditOptions;
  readonly #clock: Clock;
  readonly #rules: readonly LifecycleRule[];
  readonly #signal: AbortSignal;
  /** Days of cameras that were looked at. */
  readonly #seen = new Set<string>();

  constructor(
    options: GoneAuditOptions,
    clock: Clock,
    rules: readonly LifecycleRule[],
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#rules = rules;
    this.#signal = signal;
  }

  async around(
    { id, startMs }: StoredRow,
    sample: readonly StoredRow[],
    isGone: (key: string) => Promise<boolean>,
  ): Promise<void> {
    const starts = sample.filter((one) => one.id === id).map((one) => one.startMs);
    const day = Math.floor(startMs / dayMs);
    const bounds = [Math.min(...starts), Math.max(...starts)].map((ms) => Math.floor(ms / dayMs));
    const [firstDay = day, lastDay = day] = bounds;
    for (const step of [1, -1]) {
      for (let at = step === 1 ? day : day - 1; at >= firstDay && at <= lastDay; at += step) {
        if (this.#seen.has(`${id} ${at}`)) continue;
        if (this.#seen.size >= mostDays) return;
        this.#seen.add(`${id} ${at}`);
        if ((await this.#day(id, at, isGone)) === 'whole') break;
      }
    }
  }

  /** Notes what is gone of a camera's day. @returns whether there was footage and all of it is there */
  async #day(
    id: number,
    day: number,
    isGone: (key: string) => Promise<boolean>,
  ): Promise<'whole' | 'empty' | 'gone'> {
    const { ledger, log } = this.#options;
    const range = { fromMs: day * dayMs, toMs: (day + 1) * dayMs };
    const settled = this.#clock.wallNow() - settledMs;
    const rows = ledger.audit.storedOf(id, range).filter(({ storedMs }) => storedMs < settled);
    if (rows.length === 0) return 'empty';
    const absent = await this.#absent(rows, isGone);
    const [first] = absent;
    if (first === undefined) return 'whole';
    const detail = this.#whyGone(first);
    for (let at = 0; at < absent.length; at += notedAtOnce) {
      ledger.segments.gone(absent.slice(at, at + notedAtOnce), cause, detail);
      await setImmediate();
    }
    this.noted.push(...absent.map((segment) => ({ segment, detail })));
    log.error('stored footage is gone from the bucket; it counts as missing from now on', {
      camera: formatCameraName(first),
      day: new Date(range.fromMs).toISOString().slice(0, 10),
      segments: absent.length,
      of: rows.length,
      detail,
    });
    return 'gone';
  }

  /** Those rows whose objects neither the listing nor the store has. */
  async #absent(
    rows: readonly StoredRow[],
    isGone: (key: string) => Promise<boolean>,
  ): Promise<StoredRow[]> {
    const listed = await this.#listed(rows);
    const absent: StoredRow[] = [];
    let present = 0;
    for (const row of rows) {
      if (listed.has(row.objectKey)) continue;
      const isSure = absent.length >= confirmedOfDay && present === 0;
      if (isSure || (await isGone(row.objectKey))) absent.push(row);
      else present += 1;
    }
    return absent;
  }

  /** The keys in the folders of the rows' objects. */
  async #listed(rows: readonly StoredRow[]): Promise<ReadonlySet<string>> {
    const { reader } = this.#options.store;
    const listed = new Set<string>();
    const folders = new Set(
      rows.map(({ objectKey: key }) => key.slice(0, key.lastIndexOf('/') + 1)),
    );
    for (const folder of folders) {
      // Stored with another prefix: each object is asked for.
      if (!folder.startsWith(reader.prefix)) continue;
      const under = folder.slice(reader.prefix.length);
      for await (const page of reader.pages(under, { signal: this.#signal })) {
        for (const { key } of page) listed.add(key);
      }
    }
    return listed;
  }

  /** Names the rule of the bucket that deletes such objects, if there is one. */
  #whyGone({ objectKey, storedMs }: StoredRow): string {
    const ageDays = (this.#clock.wallNow() - storedMs) / dayMs;
    const rule = this.#rules.find(
      ({ prefix, deletes, deletesAfterDays = 0 }) =>
        deletes !== undefined && objectKey.startsWith(prefix) && ageDays >= deletesAfterDays,
    );
    return rule === undefined
      ? 'its object is not in the bucket any more, and this program did not delete it'
      : `the bucket's rule "${rule.name}" deletes objects ${rule.deletes}`;
  }
}
