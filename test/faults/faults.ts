import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kinds } from './kinds/all.ts';
import { isProven, report } from './report.ts';
import { runFaults } from './run.ts';

// Inflicts faults on a whole site for an hour, and then finds each picture that its cameras sent in
// the bucket, or in a gap whose cause is a fault. Exits with 1 if it doesn't.

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '1000' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    cameras: { type: 'string', default: '5' },
    /** Mean seconds from a fault to the next. */
    every: { type: 'string', default: '3.3' },
    /** Only faults whose names have it (a regular expression). */
    only: { type: 'string', default: '' },
  },
});

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
const seed = Number(values.seed);
const startedAt = performance.now();
const say = (line: string): void => {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  console.log(`${seconds.padStart(5)} s  ${line}`);
};
say(`seed ${seed}`);
const outcome = await runFaults({
  faults: Number(values.faults),
  seed,
  cameras: Number(values.cameras),
  everyMs: Number(values.every) * 1_000,
  kinds: kinds.filter(({ name }) => new RegExp(values.only).test(name)),
  say,
  signal: stop.signal,
});
console.log(`\n${report(outcome, seed)}`);
if (!isProven(outcome)) {
  const directory = mkdtempSync(join(tmpdir(), 'cctv-faults-evidence-'));
  for (const [name, lines] of Object.entries({
    log: outcome.log,
    faults: outcome.inflicted,
    gaps: [...outcome.gaps].flatMap(([camera, gaps]) => gaps.map((gap) => ({ camera, ...gap }))),
    segments: outcome.bucket.segments,
    missing: outcome.verdicts.flatMap(({ silent, unfitting }) => [...silent, ...unfitting]),
  })) {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    writeFileSync(join(directory, `${name}.jsonl`), text);
  }
  console.log(`\nevidence is kept in ${directory}`);
  process.exitCode = 1;
}
