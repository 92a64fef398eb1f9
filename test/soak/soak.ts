import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Sample } from './figures.ts';
import { faultsOf, type Progress, report } from './report.ts';
import { soak, warmUpMsOf } from './run.ts';

// Lets many cameras and viewers come and go for hours, and measures whether anything of the daemon
// grows that should not. Exits with 1 if it does, or if footage is not accounted for.

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '120' },
    cameras: { type: 'string', default: '20' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000}` },
    'sample-seconds': { type: 'string', default: '10' },
    /** Files: the newest table; each sample, and the daemon's log, as lines of JSON. */
    table: { type: 'string' },
    samples: { type: 'string' },
    log: { type: 'string' },
    /** Judges such a file of samples, and runs nothing. */
    judge: { type: 'string' },
  },
});

const stop = new AbortController();
// Ctrl-C under npm comes twice.
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
const startedAt = performance.now();
const say = (line: string): void => {
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(0);
  console.log(`${minutes.padStart(5)} min  ${line}`);
};
const append = (file: string | undefined, lines: readonly unknown[]): void => {
  if (file !== undefined)
    appendFileSync(file, lines.map((one) => `${JSON.stringify(one)}\n`).join(''));
};
let logged = 0;
const write = (progress: Progress): string => {
  const text = report(progress);
  append(values.log, progress.log.slice(logged));
  logged = progress.log.length;
  if (values.table !== undefined) writeFileSync(values.table, `\`\`\`\n${text}\`\`\`\n`);
  return text;
};

function judged(file: string): Progress {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const samples = lines.map((line) => JSON.parse(line) as Sample);
  const minutes = 60 * (samples.at(-1)?.hours ?? 0);
  const none = { log: [], done: new Map(), troubles: [], footage: undefined };
  return { ...none, seed, samples, warmUpHours: warmUpMsOf(minutes) / 3_600_000 };
}

const seed = Number(values.seed);
const run = () =>
  soak({
    minutes: Number(values.minutes),
    cameras: Number(values.cameras),
    seed,
    say,
    sampleEveryMs: Number(values['sample-seconds']) * 1_000,
    onSample: (sample) => append(values.samples, [sample]),
    onProgress: (so) => {
      write(so);
      const { cameras = 0, values: now } = so.samples.at(-1) ?? {};
      if (now === undefined) return;
      const all = `${(now.rss).toFixed(0)} MB resident, ${now.heap.toFixed(0)} MB heap, ${now.sockets} sockets`;
      say(`${cameras} cameras, ${all}, ${now.timers} timers; wrong so far: ${faultsOf(so).length}`);
    },
    signal: stop.signal,
  });
if (values.judge === undefined) say(`seed ${seed}`);
const progress = values.judge === undefined ? await run() : judged(values.judge);
console.log(`\n${write(progress)}`);
if (faultsOf(progress).length > 0) process.exitCode = 1;
