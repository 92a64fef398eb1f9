import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { openLedger } from '../../src/ledger/ledger.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { publicKey } from '../control/fixture.ts';

export const minutes = 525_600;
export const minute = 60_000;

/** Cameras of an account `bach`, from 0 on. */
export const nameOf = (n: number) => ({ account: 'bach', camera: `camera-${n}` });

export interface Year {
  readonly file: string;
  readonly cameras: number;
  readonly beginMs: number;
  /** Where the segment of a minute lies; `camera` counts from 1. */
  readonly objectOf: (camera: number, minute: number) => { key: string; bytes: number };
}

/** Writes a ledger of a year of segments of a minute: an hour is missing every week, and a minute now and then. */
export function buildYear({ file, cameras, beginMs, objectOf }: Year): void {
  {
    using ledger = openLedger(file);
    ledger.accounts.add('bach');
    for (let n = 0; n < cameras; n += 1) {
      ledger.cameras.add({ ...nameOf(n), key: parsePublicKey(publicKey(n)) });
    }
  }
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000');
  database.prepare('UPDATE cameras SET createdMs = ?').run(beginMs);
  database.prepare('UPDATE states SET atMs = ?').run(beginMs);
  const insert = database.prepare(
    `INSERT INTO segments (camera, startMs, durationMs, sha256, bytes, state, objectKey, checksum, etag, storedMs)
     VALUES (?, ?, ?, ?, ?, 'stored', ?, 'sha256', '"e"', ?)`,
  );
  const state = database.prepare('INSERT INTO states VALUES (?, ?, ?, ?)');
  for (let camera = 1; camera <= cameras; camera += 1) {
    database.exec('BEGIN');
    for (let i = 0; i < minutes; i += 1) {
      const startMs = beginMs + i * minute + (i % 40);
      if (i > 0 && i % 10_080 === 0)
        state.run(camera, startMs, 'camera offline', 'its tunnel closed');
      if (i % 10_080 === 60) state.run(camera, startMs, 'recording', '');
      if (i % 10_080 < 60 || i % 1_201 === 0) continue;
      const hash = createHash('sha256').update(`${camera} ${i}`).digest();
      const { key, bytes } = objectOf(camera, i);
      insert.run(camera, startMs, minute - 30, hash, bytes, key, startMs + minute);
    }
    database.exec('COMMIT');
    process.stderr.write(`\rcamera ${camera} of ${cameras}`);
  }
  process.stderr.write('\n');
  database.exec('PRAGMA journal_mode = DELETE');
  database.close();
}

/** `median 3.1 ms, p95 4.2 ms, most 9.0 ms`. */
export function spread(tookMs: readonly number[]): string {
  const sorted = [...tookMs].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `median ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms`;
}
