import { globSync } from 'node:fs';
import { relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';

// Runs test files as `node --test` does. Files that fail beside others are run once more, each alone: on a
// machine that others use too, that tells a test that is starved from one that is wrong. Both results are
// printed, and what fails alone fails the whole.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: 'string', default: '2' },
    'timeout-ms': { type: 'string', default: '300000' },
  },
});
const timeout = Number(values['timeout-ms']);

/** More than these are no accident. */
const runAgainAtMost = 3;

/** The files in which a test failed. */
async function failing(files: readonly string[], concurrency: number): Promise<string[]> {
  const failed = new Set<string>();
  const events = run({ files: [...files], concurrency, timeout });
  events.on('test:fail', ({ file, todo }) => {
    if (todo === undefined || todo === false) failed.add(relative('.', file ?? 'unnamed'));
  });
  const report = events.compose(spec);
  report.pipe(process.stdout, { end: false });
  await new Promise((resolve, reject) => report.once('end', resolve).once('error', reject));
  return [...failed];
}

const files = globSync(positionals).sort();
if (files.length === 0) throw new Error(`No test file matches ${positionals.join(' ')}`);
const failed = await failing(files, Number(values.concurrency));
if (failed.length > runAgainAtMost) {
  process.exitCode = 1;
} else if (failed.length > 0) {
  console.log(`\nFailed beside others, and run again alone: ${failed.join(', ')}\n`);
  const failedAlone = await failing(failed, 1);
  if (failedAlone.length > 0) process.exitCode = 1;
  for (const file of failed) {
    console.log(
      `${file} failed beside others and ${failedAlone.includes(file) ? 'alone' : 'passed alone'}.`,
    );
  }
}
