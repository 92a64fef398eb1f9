import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { finishFile } from '../../src/archive/finish.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { eventually } from '../support/until.ts';
import { copy, mediaOf, Recording, Sieve, small } from './recording.ts';

const stallMs = 4_000;

/**
 * The stretches that a recording's files leave out, in milliseconds; negative: covered twice. A file
 * of a picture or two, at the beginning, can't tell how long its last lasts.
 */
const seams = ({ files }: Recording): number[] =>
  files.slice(1).flatMap(({ startMs }, i) => {
    const before = files[i];
    if (before === undefined || before.durationMs < 2_500) return [];
    return startMs - before.startMs - before.durationMs;
  });

const recordingPictures = (recording: Recording, frames: number) =>
  eventually('pictures', 20_000, () => recording.archiver.status().frames >= frames);

describe('a file with a pause', () => {
  it('lasts until its last picture has had its usual time, however few there are', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pause-'));
    const path = join(directory, '000000.mp4');
    try {
      const pictures = "select='eq(n,0)+eq(n,1)+eq(n,21)'";
      await execa('ffmpeg', [
        '-v',
        'error',
        '-f',
        'lavfi',
        '-i',
        'testsrc=rate=5:duration=5',
        '-vf',
        pictures,
        '-fps_mode',
        'vfr',
        '-c:v',
        'libx264',
        '-bf',
        '0',
        '-g',
        '1',
        '-movflags',
        '+frag_keyframe+empty_moov+default_base_moof',
        path,
      ]);
      const file = await finishFile(path);
      assert.equal(file?.durationMs, 4_400);
      assert.deepEqual(
        file.holes?.map(({ durationMs }) => durationMs),
        [3_800],
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('holes', { concurrency: true }, () => {
  for (const profile of [copy, small]) {
    it(`are told where a stream paused inside a file (${profile.kind})`, async () => {
      await using camera = await startRtspCamera({ video: 'h264' });
      await using recording = await Recording.start({
        source: camera.url,
        media: mediaOf('h264'),
        profile,
        segmentSeconds: 60,
      });
      await recordingPictures(recording, 30);
      await delay(2_000);
      camera.stall();
      const stalledAtMs = Date.now();
      await delay(stallMs);
      camera.resume();
      await delay(4_000);
      await recording.stop();
      const holes = recording.files.flatMap((file) => file.holes ?? []);
      const paused = seams(recording).filter((ms) => ms > 2_000);
      // A pause over a full minute is between two files.
      assert.equal(holes.length + paused.length, 1, JSON.stringify(holes));
      for (const { startMs, durationMs } of holes) {
        assert.ok(Math.abs(startMs - stalledAtMs) < 500, `${startMs - stalledAtMs} ms late`);
        assert.ok(durationMs >= stallMs - 200 && durationMs < stallMs + 1_500, `${durationMs} ms`);
      }
    });

    it(`are not seen in a stream of one picture a second (${profile.kind})`, async () => {
      await using camera = await startRtspCamera({ video: 'h264', framesPerSecond: 1 });
      await using recording = await Recording.start({
        source: camera.url,
        media: mediaOf('h264'),
        profile,
      });
      await eventually('three files', 30_000, () => recording.files.length >= 2);
      await recording.stop();
      assert.deepEqual(
        recording.files.flatMap((file) => file.holes ?? []),
        [],
      );
      for (const ms of seams(recording)) assert.ok(Math.abs(ms) < 300, `a seam of ${ms} ms`);
    });

    it(`nor does a camera drift that sends a tenth less than it says (${profile.kind})`, async () => {
      await using camera = await startRtspCamera({ video: 'mjpeg', framesPerSecond: 15 });
      await using sieve = await Sieve.before(camera);
      sieve.loseEach = 10;
      const beganAtMs = Date.now();
      await using recording = await Recording.start({
        source: sieve.url,
        media: mediaOf('mjpeg'),
        profile,
      });
      await eventually('four files', 40_000, () => recording.files.length >= 4);
      const beforeMs = Date.now();
      await recording.stop();
      const { files } = recording;
      // A tenth of each file would be half a second. On a busy machine any picture may come late,
      // but a drift is at each seam.
      const seamsMs = seams(recording).map(Math.abs);
      assert.ok(Math.min(...seamsMs) < 300, `seams of ${seamsMs.join(', ')} ms`);
      const [first] = files;
      const last = files.at(-1);
      const endMs = (last?.startMs ?? 0) + (last?.durationMs ?? 0);
      assert.ok((first?.startMs ?? 0) >= beganAtMs);
      assert.ok(endMs > beforeMs - 500 && endMs < Date.now() + 500, `${endMs - beforeMs} ms`);
      const wholeMs = files.reduce((sum, { durationMs }) => sum + durationMs, 0);
      const spanMs = endMs - (first?.startMs ?? 0);
      assert.ok(Math.abs(wholeMs - spanMs) < 1_500, `${wholeMs} of ${spanMs} ms`);
      assert.deepEqual(
        files.flatMap((file) => file.holes ?? []),
        [],
      );
    });
  }
});
