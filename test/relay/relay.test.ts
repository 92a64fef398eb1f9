import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type RtspCameraOptions, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { isAlive } from '../support/processes.ts';
import { loopbackOnly } from '../support/tools.ts';
import { eventually } from '../support/until.ts';
import { readStream } from './reader.ts';
import { relayOf } from '../support/relay.ts';

const never = new AbortController().signal;

const small = { width: 320, height: 192, bitsPerSecond: 150_000 };

/** As ffprobe calls them. */
const combinations: (readonly [RtspCameraOptions, Record<string, string>])[] = [
  [{ ...small, video: 'h264' }, { h264: 'h264' }],
  [
    { ...small, video: 'h264', audio: 'pcmu' },
    { h264: 'h264', pcmu: 'pcm_mulaw' },
  ],
  [
    { ...small, video: 'h264', audio: 'mp3' },
    { h264: 'h264', mp3: 'mp3' },
  ],
  [
    { ...small, video: 'h265', audio: 'aac' },
    { h265: 'hevc', aac: 'aac' },
  ],
  [
    { ...small, video: 'h265', audio: 'opus' },
    { h265: 'hevc', opus: 'opus' },
  ],
  [
    { ...small, video: 'mjpeg', audio: 'mp3' },
    { mjpeg: 'mjpeg', mp3: 'mp3' },
  ],
];

describe('a relay', { concurrency: 3 }, () => {
  for (const [options, expected] of combinations) {
    const { video, audio } = options;
    it(`tells the media of a camera with ${video} and ${audio ?? 'no sound'}, and passes it on`, async () => {
      await using camera = await startRtspCamera(options);
      await using relay = await relayOf(camera.url);
      assert.deepEqual(relay.media, {
        video: { codec: video },
        audio: audio === undefined ? undefined : { codec: audio },
      });
      const packets = await readStream(relay.url, 2);
      assert.deepEqual(Object.keys(packets).toSorted(), Object.values(expected).toSorted());
      for (const [codec, count] of Object.entries(packets)) {
        assert.ok(count >= 10, `${count} packets of ${codec} in two seconds`);
      }
    });
  }

  it('stays on loopback when the path of its library has blanks and colons', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'Käse & Brot: '));
    const preload = join(directory, 'loopback-only.so');
    await copyFile(loopbackOnly(), preload);
    await using camera = await startRtspCamera({ ...small, video: 'h264' });
    const source = camera.url;
    try {
      // It would not get ready if it listened beyond loopback.
      await using relay = await relayOf(source, { preload });
      assert.deepEqual(relay.media, { video: { codec: 'h264' }, audio: undefined });
      const named = join(directory, 'loopback only.so');
      await copyFile(preload, named);
      await assert.rejects(relayOf(source, { preload: named }), /blank or colon in its name/);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('is the one client of its camera, however many read it', async () => {
    await using camera = await startRtspCamera({ ...small, video: 'h264', audio: 'aac' });
    await using relay = await relayOf(camera.url);
    let most = 0;
    const count = setInterval(() => {
      most = Math.max(most, camera.clients);
    }, 20);
    try {
      const reads = await Promise.all([1, 2, 3, 4].map(() => readStream(relay.url, 3)));
      for (const read of reads) assert.ok((read['h264'] ?? 0) >= 20, JSON.stringify(read));
    } finally {
      clearInterval(count);
    }
    assert.equal(most, 1);
    assert.equal(camera.connectionsTaken, 1);
  });

  it('is gone with its port when it is disposed of, and ended() resolves', async () => {
    await using camera = await startRtspCamera({ ...small, video: 'h264' });
    const relay = await relayOf(camera.url);
    const ended = relay.ended(never);
    await relay[Symbol.asyncDispose]();
    await ended;
    assert.equal(isAlive(relay.pid), false);
    await assert.rejects(
      new Promise((resolve, reject) => {
        connect(relay.port, '127.0.0.1').on('error', reject).on('connect', resolve);
      }),
      { code: 'ECONNREFUSED' },
    );
    await eventually('the end of its connection', 1_000, () => camera.clients === 0);
  });

  it('says how it died', async () => {
    await using camera = await startRtspCamera({ ...small, video: 'h264' });
    await using relay = await relayOf(camera.url);
    const ended = assert.rejects(relay.ended(never), /relay was killed by SIGKILL/);
    process.kill(relay.pid, 'SIGKILL');
    await ended;
    await assert.rejects(relay.ended(never), /SIGKILL/);
  });

  it('gives up its start when it is told to', async () => {
    await using camera = await startRtspCamera({ ...small, video: 'h264' });
    camera.silent = true;
    const stop = new AbortController();
    const start = relayOf(camera.url, { signal: stop.signal });
    await eventually('the connection to the camera', 3_000, () => camera.clients === 1);
    stop.abort(new Error('the camera hung up'));
    await assert.rejects(start, /the camera hung up/);
    await eventually('the end of its connection', 1_000, () => camera.clients === 0);
  });

  it('never takes a port twice', async () => {
    await using camera = await startRtspCamera({ ...small, video: 'h264' });
    await using a = await relayOf(camera.url);
    await using b = await relayOf(camera.url);
    await b[Symbol.asyncDispose]();
    await using c = await relayOf(camera.url);
    assert.equal(new Set([a.port, b.port, c.port]).size, 3);
  });
});
