import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertEachOnce } from '../support/footage.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { Site, type SiteCamera, type StoredSegment } from '../support/site.ts';
import { eventually } from '../support/until.ts';

const segmentMs = 5_000;

describe('beside a camera that works', { concurrency: true }, () => {
  let site: Site;
  let good: SiteCamera;
  const unplug = new AbortController();
  const dialling: Promise<void>[] = [];

  before(async () => {
    site = await Site.start({ segmentSeconds: segmentMs / 1_000 });
    good = await site.addCamera('bach/good', { stamped: true, profile: 'copy' });
    dialling.push(good.keepDialling(unplug.signal));
    await good.recording();
  });
  after(async () => {
    const settledAtMs = Date.now();
    try {
      const segments = await eventually('the last segment of the good camera', 15_000, async () => {
        const stored = await site.stored('bach/good');
        return stored.some(({ startMs }) => startMs > settledAtMs) ? stored : undefined;
      });
      assertEachOnce('the good camera', await site.pictures(segments));
      assert.equal((await good.status())?.restarts, 0);
    } finally {
      unplug.abort();
      await Promise.all(dialling);
      await site[Symbol.asyncDispose]();
    }
  });

  const probe = async (segment: StoredSegment): Promise<string> =>
    (await site.probe(segment)).video.codec;

  /** Milliseconds from now until the log tells of a restart of the camera for a cause like `words`. */
  async function toldWithin(name: string, ms: number, words: RegExp): Promise<void> {
    const from = site.log.length;
    await eventually(`a line about ${name} like ${words}`, ms, () =>
      site.log
        .slice(from)
        .some(
          (line) =>
            line.camera === name && line.level === 'warn' && words.test(String(line['cause'])),
        ),
    );
  }

  it('one whose picture stalls is noticed within 10 s, and recorded again when it comes back', async () => {
    const camera = await site.addCamera('bach/stalls');
    dialling.push(camera.keepDialling(unplug.signal));
    await camera.recording();
    camera.rtsp.stall();
    await toldWithin('bach/stalls', 11_000, /stalled|no picture/);
    camera.rtsp.resume();
    await camera.recording(30_000);
  });

  it('one that is frozen is noticed within 10 s', async () => {
    const camera = await site.addCamera('bach/freezes');
    const client = camera.dial();
    await camera.recording();
    const from = site.log.length;
    client.kill('SIGSTOP');
    await eventually('the end of the tunnel', 11_000, () =>
      site.log
        .slice(from)
        .find(
          ({ message, camera: name }) =>
            name === 'bach/freezes' && message === 'camera disconnected',
        ),
    );
    await eventually('no connection', 3_000, async () => (await camera.status()) === undefined);
    client.kill('SIGCONT');
  });

  it('one that accepts and says nothing is told in plain words', async () => {
    const camera = await site.addCamera('bach/silent');
    camera.rtsp.silent = true;
    dialling.push(camera.keepDialling(unplug.signal));
    await toldWithin('bach/silent', 25_000, /says nothing|no answer|did not answer/i);
    const status = await camera.status();
    assert.match(status?.reason ?? '', /says nothing|no answer|did not answer/i);
  });

  it('one that is set to another codec is recorded in it, and nothing becomes unreadable', async () => {
    const small = { width: 320, height: 192 };
    const first = await startRtspCamera({ video: 'h264', ...small });
    const { port } = first;
    const camera = await site.addCamera('bach/changes', { profile: 'copy' }, first);
    dialling.push(camera.keepDialling(unplug.signal));
    await camera.recording();
    await eventually('footage', 20_000, async () => {
      return (await site.stored('bach/changes')).length >= 1;
    });
    await first[Symbol.asyncDispose]();
    await using _second = await startRtspCamera({ video: 'h265', port, ...small });
    const codecs = await eventually('footage in both codecs', 40_000, async () => {
      const probed = await Promise.all((await site.stored('bach/changes')).map(probe));
      return probed.includes('hevc') ? new Set(probed) : undefined;
    });
    assert.deepEqual(codecs, new Set(['h264', 'hevc']));
  });

  it('one whose stream breaks every few seconds keeps being recorded between', async () => {
    const camera = await site.addCamera('bach/breaks');
    camera.rtsp.breakEvery(4_000);
    dialling.push(camera.keepDialling(unplug.signal));
    await camera.recording(20_000);
    const fromMs = Date.now();
    await delay(24_000);
    const segments = await eventually('its footage', 20_000, async () => {
      const stored = await site.stored('bach/breaks');
      return stored.some(({ startMs }) => startMs > fromMs + 20_000) ? stored : undefined;
    });
    const recordedMs = segments
      .filter(({ startMs }) => startMs > fromMs)
      .reduce((sum, { durationMs }) => sum + durationMs, 0);
    // Each time some tenths of a second for a new relay, and up to a second for the next key frame; some
    // seconds on a busy machine.
    assert.ok(recordedMs > 4_000, `${recordedMs} ms of 24 s were recorded`);
    for (const segment of segments) await site.probe(segment);
  });
});

describe('the same key dialling in twice', () => {
  it('leaves the newer connection, and recording goes on with it', async () => {
    await using site = await Site.start();
    const camera = await site.addCamera('bach/front-door');
    camera.dial();
    const { connectedAtMs } = await camera.recording();
    camera.dial();
    await eventually('the newer connection', 5_000, async () => {
      const status = await camera.status();
      return status !== undefined && status.connectedAtMs > connectedAtMs;
    });
    await camera.recording();
    assert.equal((await site.connected()).length, 1);
    const gone = site.log.find(({ message }) => message === 'camera disconnected');
    assert.match(String(gone?.['reason']), /newer connection/);
  });
});
