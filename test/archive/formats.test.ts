import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Profile } from '../../src/archive/profile.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { probe } from '../support/media.ts';
import { copy, mediaOf, packetTimes, Recording, small } from './recording.ts';

const segmentMs = 5_000;
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

async function assertFiles({ files }: Recording, hasSound: boolean, expected: Expected) {
  assert.ok(files.length >= 2, `${files.length} files`);
  const frameMs = 1_000 / expected.framesPerSecond;
  const seams: number[] = [];
  for (const [i, file] of files.entries()) {
    const { video, audioCodec, frames } = await probe(file.path);
    const { codec, width, height } = expected;
    assert.deepEqual(video, { codec, width, height });
    assert.equal(audioCodec, hasSound ? 'aac' : undefined);
    const times = await packetTimes(file.path);
    assert.ok((times.video[0] ?? 1) < 0.002, `the picture begins at ${times.video[0]} s`);
    // The last file may end before its first sound comes.
    const isMute = !hasSound || (file.durationMs < 1_000 && times.audio.length === 0);
    assert.ok(isMute || (times.audio[0] ?? 1) < 0.3, `the sound begins at ${times.audio[0]} s`);
    assert.ok(Math.abs(frames * frameMs - file.durationMs) < 4 * frameMs, `${frames} frames`);
    if (i === 0) continue;
    const cut = (file.startMs + 300) % segmentMs;
    assert.ok(cut < 600 + expected.cutWithinMs, `cut at ${new Date(file.startMs).toISOString()}`);
    const before = files[i - 1];
    seams.push(Math.abs(file.startMs - ((before?.startMs ?? 0) + (before?.durationMs ?? 0))));
  }
  // Times are those of arrival: on a machine that has much to do, a picture comes late now and then,
  // but what is wrong with the cuts is wrong with each.
  if (seams.length > 1) {
    assert.ok(Math.min(...seams) <= frameMs + 5, `seams of ${seams.join(', ')} ms`);
  }
  assert.ok(Math.max(0, ...seams) <= 500, `seams of ${seams.join(', ')} ms`);
}

describe('recording', { concurrency: 2 }, () => {
  for (const [video, audio, codec] of cameras) {
    const name = `${video} with ${audio ?? 'no sound'}`;
    it(`makes readable files of ${name}, copied and downsampled`, async () => {
      await using camera = await startRtspCamera({
        ...{ video, audio, keyFrameSeconds, width: 960, height: 544, framesPerSecond: 15 },
      });
      const record = (profile: Profile) =>
        Recording.start({ source: camera.url, media: mediaOf(video, audio), profile });
      const startedAtMs = Date.now();
      await using copied = await record(copy);
      await using downsampled = await record(small);
      await delay(7_000);
      for (const { archiver } of [copied, downsampled]) {
        const { picture, frames, lastFootageAtMs = 0, bitsPerSecond = 0 } = archiver.status();
        assert.deepEqual([picture?.codec, picture?.width, picture?.height], [codec, 960, 544]);
        assert.ok(frames > 20, `${frames} frames`);
        assert.ok(Date.now() - lastFootageAtMs < 3_000);
        assert.ok(bitsPerSecond > 10_000, `${bitsPerSecond} bit/s`);
      }
      await Promise.all([copied.stop(), downsampled.stop()]);
      for (const { files } of [copied, downsampled]) {
        const tookMs = (files[0]?.startMs ?? 0) - startedAtMs;
        assert.ok(tookMs <= 3_000 + keyFrameSeconds * 1_000, `first picture after ${tookMs} ms`);
      }
      const hasSound = audio !== undefined;
      await assertFiles(copied, hasSound, {
        ...{ codec, width: 960, height: 544, framesPerSecond: 15 },
        cutWithinMs: video === 'mjpeg' ? 0 : keyFrameSeconds * 1_000,
      });
      await assertFiles(downsampled, hasSound, {
        ...{ codec: 'h264', width: 640, height: 362, framesPerSecond: 10, cutWithinMs: 0 },
      });
    });
  }

  it('copies each picture once, over all files', async () => {
    // Key frames only, so that recording begins with the first picture sent.
    await using camera = await startRtspCamera({ video: 'h264', keyFrameSeconds: 1 / 15 });
    const media = mediaOf('h264');
    await using recording = await Recording.start({ source: camera.url, media, profile: copy });
    await delay(11_000);
    camera.stall();
    await delay(500);
    camera.dropClients();
    const never = new AbortController().signal;
    await assert.rejects(recording.archiver.ended(never), /archiver exited with code 0/);
    const probed = await Promise.all(recording.files.map(({ path }) => probe(path)));
    assert.ok(probed.length >= 3);
    const recorded = probed.reduce((sum, { frames }) => sum + frames, 0);
    // The stall may come in the middle of a picture, which then is not counted as sent.
    const { framesSent } = camera;
    assert.ok([framesSent, framesSent + 1].includes(recorded), `${recorded} of ${framesSent}`);
  });

  it('never makes a picture larger', async () => {
    await using camera = await startRtspCamera({ video: 'h264', width: 320, height: 180 });
    const media = mediaOf('h264');
    await using recording = await Recording.start({ source: camera.url, media, profile: small });
    await delay(3_000);
    await recording.stop();
    const { video } = await probe(recording.files[0]?.path ?? '');
    assert.deepEqual(video, { codec: 'h264', width: 320, height: 180 });
  });
});
