import { describe, it } from 'node:test';
import type { GapCause } from '../../src/model/gap-cause.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { assertExplained } from '../support/footage.ts';
import { keepAllDialling, Site, type SiteCamera } from '../support/site.ts';
import { eventually } from '../support/until.ts';

const cameraCount = 5;
/** What a restart may leave: until the cameras have dialled in again and send a picture. */
const causes: readonly GapCause[] = ['daemon down', 'camera offline', 'starting'];

describe('a restart of the daemon', { timeout: 600_000 }, () => {
  it('leaves each camera a gap that it explains, and no other', async () => {
    await using site = await Site.start({ segmentSeconds: 5, profile: 'copy' });
    await using rtsp = await startRtspCamera({ video: 'h264', width: 320, height: 180 });
    const cameras: SiteCamera[] = [];
    for (let i = 0; i < cameraCount; i += 1) {
      cameras.push(await site.addCamera(`bach/camera-${i}`, {}, rtsp));
    }
    await using _dialling = keepAllDialling(cameras);
    for (const camera of cameras) await camera.recording();
    await site.stopDaemon();
    const goneAtMs = Date.now();
    await site.startDaemon();
    for (const { name } of cameras) {
      const after = await eventually(`footage of ${name} after it`, 30_000, async () =>
        (await site.stored(name)).find(({ startMs }) => startMs >= goneAtMs),
      );
      const around = (await site.stored(name)).filter(({ startMs }) => startMs <= after.startMs);
      assertExplained(around, await site.gaps(name), causes);
    }
  });
});
