import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { assertEachOnce } from '../support/footage.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { eventually } from '../support/until.ts';

const cameras = 50;
const recordedMs = 120_000;
const segmentMs = 20_000;

describe('fifty cameras on one machine', { timeout: 800_000 }, () => {
  it('are recorded for two minutes, and none misses a segment', async () => {
    await using site = await Site.start({ segmentSeconds: segmentMs / 1_000, profile: 'copy' });
    await using rtsp = await startRtspCamera({
      video: 'h264',
      width: 320,
      height: 180,
      framesPerSecond: 5,
      bitsPerSecond: 64_000,
      stamped: true,
    });
    const all: SiteCamera[] = [];
    for (let i = 1; i <= cameras; i++) all.push(await site.addCamera(`bach/camera-${i}`, {}, rtsp));
    for (const camera of all) camera.dial();
    await eventually('recording of all', 300_000, async () => {
      const states = (await site.connected()).map(({ state }) => state);
      return states.filter((state) => state === 'recording').length === cameras;
    });
    const fromMs = Date.now();
    await delay(recordedMs);
    const toMs = Date.now();
    const connected = await site.connected();
    assert.equal(connected.length, cameras);
    assert.deepEqual(
      connected.filter(({ restarts }) => restarts > 0),
      [],
    );
    await eventually('the end of the last segment in the bucket', 60_000, async () => {
      const stored = await site.stored();
      return all.every(({ name }) =>
        stored.some((one) => `${one.account}/${one.camera}` === name && one.startMs > toMs),
      );
    });
    const stored = await site.stored();
    for (const { name } of all) {
      const segments = stored.filter((one) => `${one.account}/${one.camera}` === name);
      assert.ok((segments[0]?.startMs ?? Infinity) <= fromMs, `${name} begins too late`);
      assertEachOnce(name, await site.pictures(segments));
    }
  });
});
