import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describeError } from '../lib/errors.ts';
import { withoutPasswords } from '../lib/redactor.ts';
import { formatCameraName } from '../model/camera-name.ts';
import type { DocumentedCamera } from '../model/journal-documents.ts';
import { documentedCameras } from '../ledger/journal.ts';
import { pragma } from '../ledger/database.ts';
import { migrations } from '../ledger/schema.ts';
import { number, type Row, text } from '../ledger/read.ts';

/** How many names there are, and the first of them. */
export interface NameCount {
  readonly count: number;
  readonly first: readonly string[];
}

/** What two ledgers don't have in common. */
export interface Difference {
  readonly same: number;
  readonly onlyPresent: NameCount;
  readonly onlyRebuilt: NameCount;
  readonly different: NameCount;
}

export interface Comparison {
  readonly identical: boolean;
  readonly cameras: Difference;
  /** Only stored ones. */
  readonly segments: Difference;
  readonly states: Difference;
  readonly losses: Difference;
  /** What the present ledger has and the bucket can't have. */
  readonly lacking: {
    readonly spooled: number;
    readonly viewers: number;
    readonly tokens: number;
    readonly rtspPasswords: number;
  };
}

const shown = 20;

/**
 * Compares a rebuilt ledger with the present one, which is only read: a daemon may be working on it.
 *
 * @returns why the present one can't be read, or undefined if there is none
 */
export function compareLedgers(present: string, rebuilt: string): Comparison | string | undefined {
  if (!existsSync(present)) return undefined;
  using b = new DatabaseSync(rebuilt, { readOnly: true });
  try {
    using a = new DatabaseSync(present, { readOnly: true, timeout: 5_000 });
    // Reads one state of it, whatever the daemon writes meanwhile.
    a.exec('BEGIN');
    const version = Number(pragma(a, 'user_version'));
    if (version !== migrations.length) {
      return `its schema is ${version}, this program's ${migrations.length}`;
    }
    return compare(a, b);
  } catch (error) {
    return describeError(error);
  }
}

function compare(a: DatabaseSync, b: DatabaseSync): Comparison {
  const counts = {
    cameras: compareCameras(a, b),
    segments: new Counter(),
    states: new Counter(),
    losses: new Counter(),
  };
  const [idsA, idsB] = [idsOf(a), idsOf(b)];
  for (const name of new Set([...idsA.keys(), ...idsB.keys()])) {
    for (const { kind, sql } of rowQueries) {
      const rows = (database: DatabaseSync, id: number | undefined) =>
        id === undefined ? [][Symbol.iterator]() : database.prepare(sql).iterate(id);
      merge(rows(a, idsA.get(name)), rows(b, idsB.get(name)), name, counts[kind]);
    }
  }
  const sumOf = (sql: string): number => number(a.prepare(sql).get()?.['n']);
  return {
    identical: Object.values(counts).every((counter) => counter.isEmpty),
    cameras: counts.cameras.difference,
    segments: counts.segments.difference,
    states: counts.states.difference,
    losses: counts.losses.difference,
    lacking: {
      spooled: sumOf("SELECT coalesce(sum(segments), 0) AS n FROM totals WHERE state = 'spooled'"),
      viewers: sumOf('SELECT count(*) AS n FROM viewers'),
      tokens: sumOf('SELECT count(*) AS n FROM tokens WHERE revokedMs IS NULL'),
      rtspPasswords: sumOf('SELECT count(*) AS n FROM cameras WHERE rtspPassword IS NOT NULL'),
    },
  };
}

/** In each, `place` orders and names a row, and `content` is what may differ. */
const rowQueries = [
  {
    kind: 'segments',
    // Stores write the same ETag with and without quotes.
    sql: `SELECT startMs AS at, hex(sha256) AS place, json_array(durationMs, bytes, objectKey,
            replace(etag, '"', '')) AS content
          FROM segments WHERE camera = ? AND state = 'stored' ORDER BY startMs, sha256`,
  },
  {
    kind: 'states',
    sql: `SELECT atMs AS at, '' AS place, state || ' ' || detail AS content
          FROM states WHERE camera = ? ORDER BY atMs`,
  },
  {
    kind: 'losses',
    sql: `SELECT startMs AS at, printf('%012d %s %d', durationMs, cause, hole) AS place,
            detail AS content
          FROM losses WHERE camera = ? ORDER BY startMs, place`,
  },
] as const;

function idsOf(database: DatabaseSync): Map<string, number> {
  const rows = database
    .prepare(
      `SELECT accounts.name AS account, cameras.name AS camera, cameras.id
       FROM cameras JOIN accounts ON accounts.id = cameras.account ORDER BY account, camera`,
    )
    .all();
  return new Map(
    rows.map((row) => [`${text(row['account'])}/${text(row['camera'])}`, number(row['id'])]),
  );
}

/** Goes through two sorted lists side by side, so that neither has to be held in memory. */
function merge(a: Iterator<Row>, b: Iterator<Row>, camera: string, counter: Counter): void {
  let [left, right] = [next(a), next(b)];
  while (left !== undefined || right !== undefined) {
    const order = orderOf(left, right);
    const name = `${camera} ${new Date(number((order <= 0 ? left : right)?.['at'])).toISOString()}`;
    if (order < 0) counter.onlyPresent.add(name);
    else if (order > 0) counter.onlyRebuilt.add(name);
    else if (contentOf(left) === contentOf(right)) counter.same += 1;
    else counter.different.add(name);
    if (order <= 0) left = next(a);
    if (order >= 0) right = next(b);
  }
}

const next = (rows: Iterator<Row>): Row | undefined => {
  const step = rows.next();
  return step.done === true ? undefined : step.value;
};

const contentOf = (row: Row | undefined): string => withoutPasswords(text(row?.['content']));

function orderOf(a: Row | undefined, b: Row | undefined): number {
  if (a === undefined || b === undefined) return a === undefined ? 1 : -1;
  const at = number(a['at']) - number(b['at']);
  if (at !== 0) return at;
  const [placeA, placeB] = [text(a['place']), text(b['place'])];
  return placeA === placeB ? 0 : placeA < placeB ? -1 : 1;
}

function compareCameras(a: DatabaseSync, b: DatabaseSync): Counter {
  const counter = new Counter();
  const [inA, inB] = [byName(documentedCameras(a).cameras), byName(documentedCameras(b).cameras)];
  for (const [name, camera] of inA) {
    const other = inB.get(name);
    if (other === undefined) counter.onlyPresent.add(name);
    else if (comparable(camera, camera) === comparable(other, camera)) counter.same += 1;
    else counter.different.add(name);
  }
  for (const name of inB.keys()) if (!inA.has(name)) counter.onlyRebuilt.add(name);
  return counter;
}

const byName = (cameras: readonly DocumentedCamera[]) =>
  new Map(cameras.map((camera) => [formatCameraName(camera), camera]));

/** Leaves out what the bucket can't have, going by the present camera. */
function comparable(camera: DocumentedCamera, present: DocumentedCamera): string {
  const { rtspPath, hasRtspPassword: _, ...rest } = camera;
  return JSON.stringify({ rtspPath: present.rtspPath === undefined ? '' : rtspPath, ...rest });
}

class NameCounter {
  count = 0;
  readonly first: string[] = [];

  add(name: string): void {
    this.count += 1;
    if (this.first.length < shown) this.first.push(name);
  }
}

class Counter {
  same = 0;
  readonly onlyPresent = new NameCounter();
  readonly onlyRebuilt = new NameCounter();
  readonly different = new NameCounter();

  get isEmpty(): boolean {
    return this.onlyPresent.count + this.onlyRebuilt.count + this.different.count === 0;
  }

  get difference(): Difference {
    const { same, onlyPresent, onlyRebuilt, different } = this;
    return { same, onlyPresent, onlyRebuilt, different };
  }
}
