import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Child, ChildDiedError } from '../../src/lib/child.ts';
import { eventually } from '../support/until.ts';

const never = new AbortController().signal;
const shell = (
  script: string,
  options: { graceMs?: number; onStderrLine?: (l: string) => void } = {},
) => new Child({ name: 'thing', file: 'sh', args: ['-c', script], ...options });

/** Whether the process exists and is not merely waiting to be reaped. */
const lives = (pid: number): boolean => existsSync(`/proc/${pid}/fd/0`);

describe('a child program', { concurrency: true }, () => {
  it('that exits tells its code and its last words', async () => {
    await using child = shell('for i in 1 2 3 4 5 6 7; do echo "line $i" >&2; done; exit 3');
    await assert.rejects(child.ended(never), (error: Error) => {
      assert.ok(error instanceof ChildDiedError);
      assert.equal(
        error.message,
        'thing exited with code 3; last words: line 3 | line 4 | line 5 | line 6 | line 7',
      );
      return true;
    });
  });

  it('that ends without an error has died all the same', async () => {
    await using child = shell('true');
    await assert.rejects(child.ended(never), /thing exited with code 0/);
  });

  it('that is killed tells the signal', async () => {
    await using child = shell('kill -9 $$');
    await assert.rejects(child.ended(never), /thing was killed by SIGKILL/);
  });

  it('hands over output that is not text, byte for byte', async () => {
    const chunks: Buffer[] = [];
    await using child = new Child({
      name: 'thing',
      file: 'printf',
      args: ['\\377\\0\\n\\n\\200'],
      onStdoutBytes: (chunk) => chunks.push(chunk),
    });
    await child.gone();
    assert.deepEqual(Buffer.concat(chunks), Buffer.from([0xff, 0, 0x0a, 0x0a, 0x80]));
  });

  it('that does not exist is told by name', async () => {
    await using child = new Child({ name: 'thing', file: 'no-such-program', args: [] });
    await assert.rejects(child.ended(never), /thing .*no-such-program/);
  });

  it('is gone when its block is left, even if it ignores SIGTERM', async () => {
    let pid = 0;
    {
      await using child = shell('trap "" TERM; while :; do sleep 0.1; done', { graceMs: 300 });
      pid = child.pid ?? 0;
      await delay(200);
      assert.ok(lives(pid));
    }
    assert.ok(!lives(pid));
  });

  it('is gone when its block is left, even if it is stopped', async () => {
    let pid = 0;
    {
      await using child = new Child({ name: 'thing', file: 'sleep', args: ['60'] });
      pid = child.pid ?? 0;
      await delay(100);
      process.kill(pid, 'SIGSTOP');
    }
    assert.ok(!lives(pid));
  });

  it('takes with it what it started, and does not wait for that', async () => {
    const lines: string[] = [];
    await using child = shell('sleep 61 & echo $! >&2; exit 4', {
      onStderrLine: (line) => lines.push(line),
    });
    await assert.rejects(child.ended(never), /exited with code 4/);
    assert.ok(!lives(Number(lines[0])));
  });

  it('has finished its work when it says so, and only then', async () => {
    await using good = shell('exit 0');
    await good.finished();
    await using bad = shell('echo "no room" >&2; exit 3');
    await assert.rejects(bad.finished(), /exited with code 3; last words: no room/);
    await using killed = shell('kill -9 $$');
    await assert.rejects(killed.finished(), /was killed by SIGKILL/);
  });

  it('is not reported as dead when we stopped it', async () => {
    const life = new AbortController();
    await using child = shell('sleep 60');
    setTimeout(() => life.abort(), 50);
    await child.ended(life.signal);
  });

  it('does not see the environment of the daemon, for its secrets', async () => {
    process.env['CCTV_TEST_SECRET'] = 'hunter2';
    const lines: string[] = [];
    await using child = shell('env >&2', { onStderrLine: (line) => lines.push(line) });
    await child.gone();
    assert.ok(lines.includes('TZ=UTC'));
    assert.ok(!lines.join().includes('hunter2'));
  });

  it('that wants more memory than it may have fails alone', async () => {
    await using child = new Child({
      name: 'thing',
      file: process.execPath,
      args: ['-e', 'const all = []; for (;;) all.push(Buffer.alloc(1 << 24, 1))'],
      memoryBytes: 512 * 1024 ** 2,
    });
    await assert.rejects(child.ended(never), /thing (was killed by|exited with)/);
  });

  it('that takes only the second request to end is asked twice', async () => {
    const startedAt = performance.now();
    const script =
      "n=0; trap 'n=$((n+1)); [ $n -ge 2 ] && exit' TERM; while :; do sleep 0.05; done";
    {
      await using child = new Child({
        name: 'thing',
        file: 'sh',
        args: ['-c', script],
        askAgainAfterMs: 100,
        graceMs: 20_000,
      });
      void child;
      await delay(200);
    }
    assert.ok(performance.now() - startedAt < 10_000);
  });

  it('ends with a daemon that is killed', async () => {
    const childModule = join(import.meta.dirname, '../../src/lib/child.ts');
    const daemon = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { Child } from ${JSON.stringify(childModule)};
         const child = new Child({ name: 'thing', file: 'sleep', args: ['60'] });
         await new Promise((resolve) => setTimeout(resolve, 200));
         console.log(child.pid);
         setInterval(() => {}, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [chunk] = (await once(daemon.stdout, 'data')) as [Buffer];
    const pid = Number(chunk.toString());
    assert.ok(lives(pid));
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
    await eventually('its end', 5_000, () => !lives(pid));
  });
});
