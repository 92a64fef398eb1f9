import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { descendants, isAlive } from '../support/processes.ts';
import { eventually } from '../support/until.ts';
import { RtspReader } from './rtsp/reader.ts';
import { type RtspCamera, startRtspCamera } from './rtsp-camera.ts';

const small = { video: 'h264', width: 320, height: 192, bitsPerSecond: 150_000 } as const;

/** A client that plays the camera's video and counts its pictures and resets. */
class Viewer implements Disposable {
  readonly socket: Socket;
  readonly statuses: string[] = [];
  pictures = 0;
  failure: string | undefined;

  constructor({ port, url }: RtspCamera) {
    const reader = new RtspReader();
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', (error) => {
      this.failure = 'code' in error ? String(error.code) : error.message;
    });
    this.socket.on('data', (chunk) => {
      const { messages, frames } = reader.push(chunk as Buffer);
      this.statuses.push(...messages.map(({ startLine }) => startLine));
      for (const { channel, frame } of frames) {
        if (channel === 0 && ((frame[5] ?? 0) & 0x80) !== 0) this.pictures += 1;
      }
    });
    const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n';
    this.socket.write(`SETUP ${url}/track1 RTSP/1.0\r\nCSeq: 1\r\n${transport}\r\n`);
    this.socket.write(`PLAY ${url} RTSP/1.0\r\nCSeq: 2\r\n\r\n`);
  }

  /** Pictures that come within `ms`. */
  async count(ms: number): Promise<number> {
    const before = this.pictures;
    await delay(ms);
    return this.pictures - before;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

describe('the stand-in camera', () => {
  it('sends each picture once, over TCP only', async () => {
    await using camera = await startRtspCamera(small);
    using viewer = new Viewer(camera);
    await eventually('pictures', 5_000, () => viewer.pictures >= 20);
    assert.equal(camera.clients, 1);
    camera.stall();
    await eventually('the last one', 1_000, () => camera.framesSent === viewer.pictures);
    const udp = await execa('ffprobe', ['-v', 'error', '-rtsp_transport', 'udp', camera.url], {
      reject: false,
    });
    assert.match(udp.stderr, /461/);
  });

  it('asks for its password, and lets none in without it', async () => {
    await using camera = await startRtspCamera({ ...small, user: 'viewer', password: 'a b' });
    const probe = (url: string) =>
      execa('ffprobe', ['-v', 'error', '-rtsp_transport', 'tcp', url], { reject: false });
    const [without, wrong, right] = await Promise.all([
      probe(camera.url),
      probe(camera.url.replace('//', '//viewer:ab@')),
      probe(camera.urlWithPassword),
    ]);
    assert.match(without.stderr, /401/);
    assert.match(wrong.stderr, /401/);
    assert.equal(right.exitCode, 0);
  });

  it('stalls, freezes and breaks when it is told to', async () => {
    await using camera = await startRtspCamera(small);
    using viewer = new Viewer(camera);
    await eventually('the first picture', 3_000, () => viewer.pictures > 0);

    camera.stall();
    await delay(200);
    assert.equal(await viewer.count(500), 0);
    viewer.socket.write(`OPTIONS ${camera.url} RTSP/1.0\r\nCSeq: 3\r\n\r\n`);
    await eventually('an answer while it stalls', 1_000, () => viewer.statuses.length === 3);
    camera.resume();
    await eventually('a picture after the stall', 2_000, async () => (await viewer.count(200)) > 0);

    camera.freeze();
    await delay(200);
    viewer.socket.write(`OPTIONS ${camera.url} RTSP/1.0\r\nCSeq: 4\r\n\r\n`);
    assert.equal(await viewer.count(500), 0);
    assert.equal(viewer.statuses.length, 3);
    camera.thaw();
    await eventually('an answer after it', 1_000, () => viewer.statuses.length === 4);

    camera.breakEvery(300);
    await eventually('a reset', 2_000, () => viewer.failure === 'ECONNRESET');
    assert.equal(camera.clients, 0);
  });

  it('ends with the process that started it', async () => {
    const script = join(import.meta.dirname, 'rtsp-camera.ts');
    const parent = spawn(
      'sh',
      ['-c', '"$0" "$1" --size 320x192 & wait', process.execPath, script],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line] = await once(createInterface(parent.stdout), 'line');
    const { url, pid } = JSON.parse(String(line)) as { url: string; pid: number };
    assert.match(url, /^rtsp:\/\/127\.0\.0\.1:\d+\/unicast$/);
    const [encoder] = descendants(pid);
    assert.ok(encoder);
    parent.kill('SIGKILL');
    await eventually('its end', 3_000, () => !isAlive(pid) && !isAlive(encoder.pid));
  });
});
