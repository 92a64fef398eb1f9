import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { eventually } from '../support/until.ts';

const cameraCount = 5;
const mostMissingMs = 5_000;

describe('a restart of the daemon', { timeout: 600_000 }, () => {
  it('leaves a gap of at most 5 s with each camera', async () => {
    await using site = await Site.start({ segmentSeconds: 5, profile: 'copy' });
    await using rtsp = await startRtspCamera({ video: 'h264', width: 320, height: 180 });
    const power = new AbortController();
    const cameras: SiteCamera[] = [];
    for (let i = 0; i < cameraCount; i += 1) {
      cameras.push(await site.addCamera(`bach/camera-${i}`, {}, rtsp));
    }
    const dialling = cameras.map((camera) => camera.keepDialling(power.signal));
    try {
      for (const camera of cameras) await camera.recording();
      await site.stopDaemon();
      const goneAtMs = Date.now();
      await site.startDaemon();
      for (const { name } of cameras) {
        await eventually(`footage of ${name} after it`, 30_000, async () => {
          const stored = await site.stored(name);
          const before = stored.findLast(({ startMs }) => startMs < goneAtMs);
          const after = stored.find(({ startMs }) => startMs >= goneAtMs);
          if (before === undefined || after === undefined) return false;
          // Until all is uploaded, some of what lies around the restart is not in the bucket.
          const gapMs = after.startMs - before.startMs - before.durationMs;
          assert.ok(gapMs <= mostMissingMs, `${gapMs} ms of ${name} are missing`);
          return true;
        });
      }
    } finally {
      power.abort();
      await Promise.all(dialling);
    }
  });
});
