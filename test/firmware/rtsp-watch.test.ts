import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type RtspCamera, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { isAlive } from '../support/processes.ts';
import { eventually } from '../support/until.ts';

const script = join(import.meta.dirname, '../../firmware/common/rtsp-watch.sh');

/** rtsp-watch.sh, hurried, with a process that it may kill in the place of the server's own. */
class Watch implements AsyncDisposable {
  readonly victim: ChildProcess;
  readonly #directory: string;
  readonly #shell: ChildProcess;

  private constructor(directory: string, victim: ChildProcess, shell: ChildProcess) {
    this.#directory = directory;
    this.victim = victim;
    this.#shell = shell;
  }

  static async start(port: number, path = 'unicast'): Promise<Watch> {
    const directory = await mkdtemp(join(tmpdir(), 'cctv-watch-'));
    const file = (name: string): string => join(directory, name);
    cpSync(script, file('rtsp-watch.sh'));
    const victim = spawn('sleep', ['300'], { stdio: 'ignore' });
    writeFileSync(file('pid'), `${victim.pid}\n`);
    writeFileSync(file('tunnel.conf'), `RTSP='127.0.0.1:${port}'\n`);
    const settings = `RTSP_PATH=${path}\nRTSP_PID_FILE=${file('pid')}\nevery=1 patience=4 tolerated=2\n`;
    writeFileSync(file('firmware.sh'), settings);
    const shell = spawn('busybox', ['ash', file('rtsp-watch.sh')], {
      env: { PATH: process.env['PATH'], RUNTIME_DIRECTORY: file('run') },
      stdio: 'ignore',
      detached: true,
    });
    return new Watch(directory, victim, shell);
  }

  get victimLives(): boolean {
    return isAlive(this.victim.pid ?? 0);
  }

  read(name: string): string {
    return readFileSync(join(this.#directory, name), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#shell, 'exit');
    process.kill(-(this.#shell.pid ?? 0), 'SIGKILL');
    await gone;
    this.victim.kill('SIGKILL');
    await rm(this.#directory, { recursive: true, force: true });
  }
}

describe('rtsp-watch.sh', { concurrency: true }, () => {
  const small = { video: 'h264', width: 160, height: 90 } as const;

  for (const [server, path, credentials] of [
    ['answers', 'unicast', {}],
    ['wants a password', 'unicast', { user: 'owner', password: 'secret' }],
    ['does not know the path', 'other', {}],
  ] as const) {
    it(`leaves a server alone that ${server}`, async () => {
      await using camera = await startRtspCamera({ ...small, ...credentials });
      await using watch = await Watch.start(camera.port, path);
      await eventually('a few questions', 20_000, () => camera.connectionsTaken >= 4);
      assert.ok(watch.victimLives);
    });
  }

  for (const [fault, cause] of [
    ['is frozen', (camera: RtspCamera) => camera.freeze()],
    ['takes requests and never answers', (camera: RtspCamera) => void (camera.silent = true)],
  ] as const) {
    it(`kills a server that ${fault}`, async () => {
      await using camera = await startRtspCamera(small);
      await using watch = await Watch.start(camera.port);
      await eventually('a question', 20_000, () => camera.connectionsTaken >= 2);
      assert.ok(watch.victimLives);
      cause(camera);
      await eventually('a kill', 40_000, () => watch.victim.signalCode === 'SIGKILL');
      assert.match(
        watch.read('run/rtsp-status'),
        /^killed \d+, which was silent, at \d+ s of uptime/,
      );
    });
  }

  it('does nothing while there is no server: init starts it', async () => {
    await using watch = await Watch.start(1);
    watch.victim.kill('SIGKILL');
    await delay(5_000);
    assert.throws(() => watch.read('run/rtsp-status'));
  });
});
