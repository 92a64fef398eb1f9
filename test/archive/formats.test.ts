import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Profile } from '../../src/archive/profile.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { probe } from '../support/media.ts';
import { eventually } from '../support/until.ts';
import { copy, mediaOf, packetTimes, Recording, shownTimes, Sieve, small } from './recording.ts';

const segmentSeconds = 3;
const segmentMs = segmentSeconds * 1_000;
const keyFrameSeconds = 1;

interface Expected {
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** A file may begin this long after a multiple of the segment's length. */
  readonly cutWithinMs: number;
}

const cameras = [
  ['h264', undefined, 'h264'],
  ['h264', 'pcmu', 'h264'],
  ['h264', 'mp3', 'h264'],
  ['h264', 'aac', 'h264'],
  ['h264', 'opus', 'h264'],
  ['h265', 'aac', 'hevc'],
  ['mjpeg', 'pcmu', 'mjpeg'],
] as const;

/**
 * Pictures have the times of their arrival, and on a busy machine any of them may come late. So what
 * lies between two files is judged by the pictures before it and after it; what is wrong with the
 * cuts themselves is wrong with each.
 */
async function assertFiles({ files }: Recording, hasSound: boolean, expected: Expected) {
  const { codec, width, height, cutWithinMs } = expected;
  const frameMs = 1_000 / expected.framesPerSecond;
  const seams: number[] = [];
  const soundAt: number[] = [];
  let lastPictureAtMs = 0;
  let lastKeyAtMs = 0;
  let lastCutMs = 0;
  let endMs = 0;
  for (const [i, { path, startMs, durationMs }] of files.entries()) {
    const { video, audioCodec, frames } = await probe(path);
    assert.deepEqual(video, { codec, width, height });
    assert.equal(audioCodec, hasSound ? 'aac' : undefined);
    const times = await packetTimes(path);
    assert.ok((times.video[0] ?? 1) < 0.002, `the picture begins at ${times.video[0]} s`);
    if (times.audio[0] !== undefined) soundAt.push(times.audio[0]);
    const lastMs = ((times.video.at(-1) ?? 0) - (times.video[0] ?? 0)) * 1_000;
    const pausesMs = times.video.slice(1).map((at, n) => (at - (times.video[n] ?? 0)) * 1_000);
    const usualMs = durationMs - lastMs;
    // Starts and durations are whole milliseconds.
    const isOne = Math.min(...pausesMs) - 2 <= usualMs && usualMs <= Math.max(...pausesMs) + 2;
    assert.ok(frames === 1 || isOne, `the last picture lasts ${usualMs} ms`);
    if (i > 0) {
      const cutMs = Math.round((startMs - cutWithinMs / 2) / segmentMs) * segmentMs;
      const cut = `cut at ${new Date(startMs).toISOString()}`;
      assert.ok(
        lastKeyAtMs <= cutMs,
        `${cut}, a key frame at ${new Date(lastKeyAtMs).toISOString()}`,
      );
      assert.ok(i === 1 || cutMs === lastCutMs + segmentMs, cut);
      assert.ok(startMs >= Math.floor(lastPictureAtMs), `${cut}, before the end of the last file`);
      lastCutMs = cutMs;
      seams.push(Math.abs(startMs - endMs));
    }
    lastPictureAtMs = startMs + lastMs;
    lastKeyAtMs = startMs + (times.keys.at(-1) ?? 0) * 1_000;
    endMs = startMs + durationMs;
  }
  assert.ok(Math.min(...seams) <= frameMs + 5, `seams of ${seams.join(', ')} ms`);
  if (hasSound) assert.ok(Math.min(...soundAt) < 0.3, `sounds begin at ${soundAt.join(', ')} s`);
}

describe('recording', { concurrency: 2 }, () => {
  for (const [video, audio, codec] of cameras) {
    const name = `${video} with ${audio ?? 'no sound'}`;
    it(`makes readable files of ${name}, copied and downsampled`, async () => {
      await using camera = await startRtspCamera({
        video,
        audio,
        keyFrameSeconds,
        width: 960,
        height: 544,
        framesPerSecond: 15,
      });
      const record = (profile: Profile) =>
        Recording.start({
          source: camera.url,
          media: mediaOf(video, audio),
          profile,
          segmentSeconds,
        });
      const startedAtMs = Date.now();
      await using copied = await record(copy);
      await using downsampled = await record(small);
      const both = [copied, downsampled];
      for (const { archiver, files } of both) {
        await eventually('three files', 60_000, () => files.length >= 3);
        const { picture, frames, lastFootageAtMs = 0, bitsPerSecond = 0 } = archiver.status();
        assert.deepEqual([picture?.codec, picture?.width, picture?.height], [codec, 960, 544]);
        assert.ok(frames > 20, `${frames} frames`);
        const { startMs = 0, durationMs = 0 } = files.at(-1) ?? {};
        assert.ok(lastFootageAtMs >= startMs + durationMs - 1_000 && lastFootageAtMs <= Date.now());
        assert.ok(bitsPerSecond > 10_000, `${bitsPerSecond} bit/s`);
      }
      await Promise.all([copied.stop(), downsampled.stop()]);
      for (const { files } of both) {
        const { startMs = 0 } = files[0] ?? {};
        assert.ok(startMs >= startedAtMs, `first picture at ${startMs - startedAtMs} ms`);
      }
      const hasSound = audio !== undefined;
      await assertFiles(copied, hasSound, {
        codec,
        width: 960,
        height: 544,
        framesPerSecond: 15,
        cutWithinMs: video === 'mjpeg' ? 0 : keyFrameSeconds * 1_000,
      });
      await assertFiles(downsampled, hasSound, {
        codec: 'h264',
        width: 640,
        height: 362,
        framesPerSecond: 10,
        cutWithinMs: 0,
      });
    });
  }

  for (const video of ['h264', 'h265'] as const) {
    it(`shows pictures in their order where ${video} has B frames`, async () => {
      await using camera = await startRtspCamera({ video, keyFrameSeconds, bFrames: 3 });
      await using sieve = await Sieve.before(camera);
      await using recording = await Recording.start({
        source: sieve.url,
        line: sieve.line,
        media: mediaOf(video),
        profile: copy,
        segmentSeconds: 2,
      });
      await eventually('three files', 60_000, () => recording.files.length >= 3);
      await recording.stop();
      // What was cut off in mid-group at the end lacks pictures in between.
      const files = recording.files.slice(0, 3);
      const seamsMs: number[] = [];
      for (const [i, { path, startMs, durationMs }] of files.entries()) {
        const shown = await shownTimes(path);
        const { video: sent } = await packetTimes(path);
        if (i > 0)
          assert.equal(shown.length, sent.length, `${shown.join(' ')} of ${sent.join(' ')}`);
        assert.ok((shown[0] ?? 1) < 0.002, `begins at ${shown[0]} s`);
        const apart = shown.slice(1).map((at, n) => at - (shown[n] ?? 0));
        // Of the first pictures that ever come, ffmpeg doesn't know all times.
        const known = i === 0 ? apart.slice(5) : apart;
        assert.ok(Math.min(...known) > 0, apart.join(' '));
        const next = files[i + 1];
        if (next !== undefined) seamsMs.push(Math.abs(next.startMs - startMs - durationMs));
      }
      // On a busy machine any picture may come late, but what is wrong with seams is wrong with each.
      assert.ok(Math.min(...seamsMs) < 20, `${seamsMs.join(', ')} ms between files`);
    });
  }

  it('copies each picture once, over all files', { timeout: 120_000 }, async () => {
    // Key frames only, so that recording begins with the first picture sent.
    await using camera = await startRtspCamera({ video: 'h264', keyFrameSeconds: 1 / 15 });
    const media = mediaOf('h264');
    await using recording = await Recording.start({ source: camera.url, media, profile: copy });
    await eventually('two files', 60_000, () => recording.files.length >= 2);
    camera.stall();
    camera.hangUp();
    const never = new AbortController().signal;
    await assert.rejects(recording.archiver.ended(never), /archiver exited with code 0/);
    const counts = await Promise.all(
      recording.files.map(async ({ path }) => (await packetTimes(path)).video.length),
    );
    assert.ok(counts.length >= 3);
    const recorded = counts.reduce((sum, count) => sum + count, 0);
    // The stall may come in the middle of a picture, which then is not counted as sent and is
    // damaged. All before it must be whole.
    for (const { path } of recording.files.slice(0, -1)) await probe(path);
    const { framesSent } = camera;
    assert.ok([framesSent, framesSent + 1].includes(recorded), `${recorded} of ${framesSent}`);
  });

  it('never makes a picture larger', async () => {
    await using camera = await startRtspCamera({ video: 'h264', width: 320, height: 180 });
    const media = mediaOf('h264');
    await using recording = await Recording.start({ source: camera.url, media, profile: small });
    await recording.archiver.firstPicture;
    await recording.stop();
    const { video } = await probe(recording.files[0]?.path ?? '');
    assert.deepEqual(video, { codec: 'h264', width: 320, height: 180 });
  });
});
