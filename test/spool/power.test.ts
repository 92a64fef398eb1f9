import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startArchiver } from '../../src/archive/archiver.ts';
import { salvage } from '../../src/archive/salvage.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openSpool } from '../../src/spool/spool.ts';
import { copy, mediaOf, timed } from '../archive/recording.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { smallDisk } from '../support/small-disk.ts';
import { probe } from '../support/media.ts';
import { eventually } from '../support/until.ts';

const lossMs = 2_000;
/** From the time of a picture to its being told; and of other tests' noise. */
const slackMs = 500;

describe('a power cut in the middle of a segment', () => {
  it('takes two seconds of footage at most, and what is left can be played', async () => {
    await using disk = await smallDisk(64);
    const camera = { account: 'bach', camera: 'front' };
    await using spool = await openSpool({ directory: join(disk.path, 'spool'), log: silentLog });
    const directory = await spool.runDirectory(camera);
    await using source = await startRtspCamera({ video: 'h264', keyFrameSeconds: 1 });
    await using archiver = startArchiver({
      source: await timed(source.url),
      media: mediaOf('h264'),
      profile: copy,
      segmentSeconds: 3_600,
      directory,
      releaseDirectory: () => spool.releaseRunDirectory(directory),
      onFile: async () => {},
      log: silentLog,
    });
    await eventually('pictures', 15_000, () => archiver.status().frames > 0);
    for (let cut = 0; cut < 3; cut += 1) {
      await delay(2_300);
      const untilMs = archiver.status().lastFootageAtMs ?? 0;
      await using after = await disk.afterPowerCut();
      const run = directory.replace(disk.path, after.path);
      const [file, ...more] = await salvage(run);
      assert.ok(file, 'nothing is left');
      assert.deepEqual(more, []);
      const lostMs = untilMs - (file.startMs + file.durationMs);
      assert.ok(lostMs <= lossMs + slackMs, `${lostMs} ms are lost`);
      await probe(file.path);
    }
  });
});
