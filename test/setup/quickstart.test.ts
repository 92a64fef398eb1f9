import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { descendants, isAlive } from '../support/processes.ts';
import { execa } from 'execa';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { eventually } from '../support/until.ts';

const program = join(import.meta.dirname, '../../bin/quickstart');

/** bin/quickstart as a terminal runs it: in a process group that is sent SIGINT by Ctrl-C. */
class Quickstart implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #process;
  readonly #exit: Promise<unknown[]>;

  constructor(...args: readonly string[]) {
    this.#process = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exit = once(this.#process, 'exit');
    for (const input of [this.#process.stdout, this.#process.stderr]) {
      createInterface({ input }).on('line', (line) => this.lines.push(line));
    }
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async line(pattern: RegExp, withinMs: number): Promise<string> {
    const found = (): string | undefined => this.lines.find((line) => pattern.test(line));
    const line = await Promise.race([eventually(`${pattern}`, withinMs, found), this.#exit])
      .catch((error: unknown) => error)
      .then(found);
    return line ?? assert.fail(`no ${pattern} among these lines:\n${this.lines.join('\n')}`);
  }

  async pressCtrlC(): Promise<unknown> {
    process.kill(-this.pid, 'SIGINT');
    const [code] = await this.#exit;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) this.#process.kill('SIGTERM');
    await this.#exit;
  }
}

describe('bin/quickstart', () => {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cctv-quickstart-'));
  });
  after(() => rm(directory, { recursive: true }));

  /** Everything that it started. */
  const parts = (trial: Quickstart): number[] => descendants(trial.pid).map(({ pid }) => pid);

  it('shows the camera, where to look and the first objects, and ends all of it at Ctrl-C', async () => {
    await using trial = new Quickstart('--directory', directory);
    await trial.line(/^ +trial\/clock +recording/, 60_000);
    const line = await trial.line(
      /^ +live picture +ffplay rtsp:\/\/trial:[a-z0-9-]+@127\.0\.0\.1:\d+\/trial\/clock$/,
      5_000,
    );
    const live = line.slice(line.indexOf('rtsp:'));
    const first = ['-frames:v', '1', '-f', 'null', '-'];
    await execa('ffmpeg', ['-v', 'error', '-rtsp_transport', 'tcp', '-i', live, '-an', ...first]);
    await trial.line(/stored: trial\/clock\/.*\.mp4/, 40_000);
    const running = parts(trial);
    assert.ok(running.length >= 6, `only ${running.length} processes`);
    assert.equal(await trial.pressCtrlC(), 0);
    assert.deepEqual(running.filter(isAlive), []);
    // Its last segment is stored by the next start.
    const waiting = await readdir(join(directory, 'state/spool/ready/trial/clock'));
    assert.ok(waiting.length <= 1, waiting.join());
  });

  it('goes on with what was there, also with a camera of your own', async () => {
    await using camera = await startRtspCamera({
      video: 'h264',
      path: 'live/main',
      user: 'viewer',
      password: 'a b@c',
    });
    await using trial = new Quickstart('--directory', directory, camera.urlWithPassword);
    await trial.line(/S3 server: .* with [1-9]\d* objects/, 60_000);
    await trial.line(/^ +trial\/own +recording/, 30_000);
    assert.ok(!trial.lines.join('\n').includes('a b@c'));
    const running = parts(trial);
    assert.equal(await trial.pressCtrlC(), 0);
    assert.deepEqual(running.filter(isAlive), []);
  });

  it('says what is wrong with an address', async () => {
    await using trial = new Quickstart('--directory', directory, 'http://camera');
    await trial.line(/^quickstart: .*rtsp:\/\//, 60_000);
  });
});
