import { globSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { buildPage } from './support/page.ts';

// Runs test files as `node --test` does, with a time limit for each file and as many at once as asked for.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: 'string', default: '2' },
    'timeout-ms': { type: 'string', default: '900000' },
  },
});

const files = globSync(positionals).sort();
if (files.length === 0) throw new Error(`No test file matches ${positionals.join(' ')}`);
// Once, not by each of the processes that need it.
await buildPage();
const events = run({
  files,
  concurrency: Number(values.concurrency),
  timeout: Number(values['timeout-ms']),
});
events.on('test:fail', ({ todo }) => {
  if (todo === undefined || todo === false) process.exitCode = 1;
});
const report = events.compose(spec);
report.pipe(process.stdout, { end: false });
await new Promise((resolve, reject) => report.once('end', resolve).once('error', reject));
