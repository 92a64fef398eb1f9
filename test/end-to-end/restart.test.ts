import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ContinuityAnswer } from '../../src/console/api.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { eventually } from '../support/until.ts';

const cameraCount = 5;
/** What a restart may leave: until the cameras have dialled in again and send a picture. */
const causes = new Set(['daemon down', 'camera offline', 'starting']);

describe('a restart of the daemon', { timeout: 600_000 }, () => {
  it('leaves each camera one gap, which it explains', async () => {
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
        const after = await eventually(`footage of ${name} after it`, 30_000, async () =>
          (await site.stored(name)).find(({ startMs }) => startMs >= goneAtMs),
        );
        const { gaps } = JSON.parse(
          await site.cctv('continuity', name, '--json'),
        ) as ContinuityAnswer;
        const around = gaps.filter(
          ({ startMs, endMs }) => endMs > goneAtMs && startMs <= after.startMs,
        );
        assert.equal(around.at(-1)?.endMs, after.startMs, name);
        // Nothing is missing but around the restart: one gap, in which one cause follows another.
        for (const [i, { startMs, cause }] of around.entries()) {
          assert.ok(causes.has(cause), `${name}: ${cause}`);
          if (i > 0) assert.equal(startMs, around[i - 1]?.endMs, name);
        }
      }
    } finally {
      power.abort();
      await Promise.all(dialling);
    }
  });
});
