import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { it } from 'node:test';
import { promisify } from 'node:util';

it('an error that no code takes is counted and logged, a repeated one once, and the process goes on', async () => {
  const script = new URL('unexpected-process.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 60_000 });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; cause: string; at: string });
  assert.deepEqual(
    lines.map(({ level, cause }) => [level, cause]),
    [
      ['error', 'thrown in a timer'],
      ['error', 'rejected in a timer'],
    ],
  );
  for (const { at } of lines) assert.match(at, /unexpected-process\.ts:\d+/);
});
