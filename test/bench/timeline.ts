// Measures what the page asks of a ledger of a year: node test/bench/timeline.ts [DIRECTORY [CAMERAS]]
// The directory keeps the ledger (about 2.5 GB) for the next time; a temporary one unless given.

import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { localDays } from '../../src/console/web/local-days.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { publicKey } from '../console/fixture.ts';

const cameras = Number(process.argv[3] ?? 20);
const minutes = 525_600;
const minute = 60_000;
const endMs = Math.floor(Date.now() / minute) * minute;
const beginMs = endMs - minutes * minute;
const zone = 'America/New_York';

const given = process.argv[2];
const directory = given ?? mkdtempSync(join(tmpdir(), 'cctv-bench-'));
const file = join(directory, `ledger-of-${cameras}.sqlite`);
const nameOf = (n: number) => ({ account: 'bach', camera: `camera-${n}` });

function build(): void {
  {
    using ledger = openLedger(file);
    ledger.addAccount('bach');
    for (let n = 0; n < cameras; n += 1) {
      ledger.addCamera({ ...nameOf(n), key: parsePublicKey(publicKey(n)) });
    }
  }
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000');
  database.prepare('UPDATE cameras SET createdMs = ?').run(beginMs);
  database.prepare('UPDATE states SET atMs = ?').run(beginMs);
  const insert = database.prepare(
    `INSERT INTO segments (camera, startMs, durationMs, sha256, bytes, state, objectKey, checksum, etag, storedMs)
     VALUES (?, ?, ?, ?, 1400000, 'stored', ?, 'sha256', '"e"', ?)`,
  );
  const state = database.prepare('INSERT INTO states VALUES (?, ?, ?, ?)');
  for (let camera = 1; camera <= cameras; camera += 1) {
    database.exec('BEGIN');
    for (let i = 0; i < minutes; i += 1) {
      // An hour is missing every week, and a minute now and then.
      const startMs = beginMs + i * minute + (i % 40);
      if (i > 0 && i % 10_080 === 0)
        state.run(camera, startMs, 'camera offline', 'its tunnel closed');
      if (i % 10_080 === 60) state.run(camera, startMs, 'recording', '');
      if (i % 10_080 < 60 || i % 1_201 === 0) continue;
      const hash = createHash('sha256').update(`${camera} ${i}`).digest();
      insert.run(camera, startMs, minute - 30, hash, `bach/${camera}/${i}`, startMs + minute);
    }
    database.exec('COMMIT');
    process.stderr.write(`\rcamera ${camera} of ${cameras}`);
  }
  process.stderr.write('\n');
  database.exec('PRAGMA journal_mode = DELETE');
  database.close();
}

function measure(what: string, times: number, ask: (i: number) => void): void {
  const took: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const from = performance.now();
    ask(i);
    took.push(performance.now() - from);
  }
  took.sort((a, b) => a - b);
  const at = (share: number): string => (took[Math.floor(share * (times - 1))] ?? 0).toFixed(1);
  process.stdout.write(`${what}: median ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms\n`);
}

try {
  if (!existsSync(`${file}.whole`)) {
    rmSync(file, { force: true });
    build();
    writeFileSync(`${file}.whole`, '');
  }
  using ledger = openLedger(file);
  const nowMs = endMs;
  const some = (n: number): number => Math.floor(Math.random() * n);
  const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  measure("a day's timeline", 400, () => {
    const fromMs = beginMs + some(364) * 1440 * minute;
    ledger.timeline(nameOf(some(cameras)), {
      ...{ fromMs, toMs: fromMs + 1440 * minute, nowMs, isRecording: true },
    });
  });
  const month = (camera: number, index: number): void => {
    const from = dateOf(beginMs + index * 30 * 1440 * minute);
    const to = dateOf(beginMs + (index * 30 + 30) * 1440 * minute);
    const days = localDays(from, to, zone);
    ledger.daySums(nameOf(camera), { days, nowMs, isRecording: true });
  };
  measure('a month of the calendar, the first time', 12 * cameras, (i) =>
    month(i % cameras, Math.floor(i / cameras)),
  );
  measure('a month of the calendar, again', 400, () => month(some(cameras), some(12)));
  measure("an hour's playlist", 400, () => {
    const fromMs = beginMs + some(minutes - 60) * minute;
    ledger.footage(nameOf(some(cameras)), { fromMs, toMs: fromMs + 60 * minute, limit: 5_001 });
  });
  measure('the segment of a moment', 400, () => {
    ledger.footageAt(nameOf(some(cameras)), beginMs + some(minutes) * minute + 10_000);
  });
  measure('the states of all cameras', 400, () => void ledger.cameraStates('bach'));
} finally {
  if (given === undefined) rmSync(directory, { recursive: true, force: true });
}
