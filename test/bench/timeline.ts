// Measures what the page asks of a ledger of a year: node test/bench/timeline.ts [DIRECTORY [CAMERAS]]
// The directory keeps the ledger (about 2.5 GB) for the next time; a temporary one unless given.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localDays } from '../../src/lib/time.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { buildYear, minute, minutes, nameOf, spread } from './year.ts';

const cameras = Number(process.argv[3] ?? 20);
const endMs = Math.floor(Date.now() / minute) * minute;
const beginMs = endMs - minutes * minute;
const zone = 'America/New_York';

const given = process.argv[2];
const directory = given ?? mkdtempSync(join(tmpdir(), 'cctv-bench-'));
const file = join(directory, `ledger-of-${cameras}.sqlite`);

function measure(what: string, times: number, ask: (i: number) => void): void {
  const took: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const from = performance.now();
    ask(i);
    took.push(performance.now() - from);
  }
  process.stdout.write(`${what}: ${spread(took)}\n`);
}

try {
  if (!existsSync(`${file}.whole`)) {
    rmSync(file, { force: true });
    const objectOf = (camera: number, i: number) => ({
      key: `bach/${camera}/${i}`,
      bytes: 1_400_000,
    });
    buildYear({ file, cameras, beginMs, objectOf });
    writeFileSync(`${file}.whole`, '');
  }
  using ledger = openLedger(file);
  const nowMs = endMs;
  const some = (n: number): number => Math.floor(Math.random() * n);
  const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  measure("a day's timeline", 400, () => {
    const fromMs = beginMs + some(364) * 1440 * minute;
    ledger.continuity.timeline(nameOf(some(cameras)), {
      fromMs,
      toMs: fromMs + 1440 * minute,
      nowMs,
      isRecording: true,
    });
  });
  const month = (camera: number, index: number): void => {
    const from = dateOf(beginMs + index * 30 * 1440 * minute);
    const to = dateOf(beginMs + (index * 30 + 30) * 1440 * minute);
    const days = localDays(from, to, zone);
    ledger.continuity.days(nameOf(camera), { days, nowMs, isRecording: true });
  };
  measure('a month of the calendar, the first time', 12 * cameras, (i) =>
    month(i % cameras, Math.floor(i / cameras)),
  );
  measure('a month of the calendar, again', 400, () => month(some(cameras), some(12)));
  measure("an hour's playlist", 400, () => {
    const fromMs = beginMs + some(minutes - 60) * minute;
    ledger.footage.list(nameOf(some(cameras)), {
      fromMs,
      toMs: fromMs + 60 * minute,
      limit: 5_001,
    });
  });
  measure('the segment of a moment', 400, () => {
    ledger.footage.at(nameOf(some(cameras)), beginMs + some(minutes) * minute + 10_000);
  });
  measure('the states of all cameras', 400, () => void ledger.states.list('bach'));
} finally {
  if (given === undefined) rmSync(directory, { recursive: true, force: true });
}
