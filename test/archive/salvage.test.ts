import assert from 'node:assert/strict';
import {
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { recordingArguments } from '../../src/archive/arguments.ts';
import { finishFile } from '../../src/archive/finish.ts';
import { readFragmentedFile } from '../../src/media/mp4/file.ts';
import type { Profile } from '../../src/archive/profile.ts';
import { salvage } from '../../src/archive/salvage.ts';
import { Child } from '../../src/lib/child.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { probe } from '../support/media.ts';
import { copy, mediaOf, packetTimes, small, timed } from './recording.ts';

const segmentMs = 5_000;

/** Records for some seconds and kills ffmpeg; gives what lies in its directory. */
async function recordAndKill(directory: string, profile: Profile): Promise<string[]> {
  // Sound first: recording begins in the middle of two seconds between key frames.
  await using camera = await startRtspCamera({ video: 'h264', audio: 'pcmu', keyFrameSeconds: 2 });
  const media = mediaOf('h264', 'pcmu');
  await using source = await timed(camera.url);
  const args = recordingArguments({
    source: source.url,
    media,
    profile,
    segmentSeconds: segmentMs / 1_000,
  });
  const ffmpeg = new Child({ name: 'ffmpeg', file: 'ffmpeg', args, cwd: directory });
  // In the middle of a file: one that has just begun may have no complete fragment, and is nothing then.
  const untilMs = Date.now() + 7_000;
  await delay(7_000 + ((segmentMs * 1.5 - (untilMs % segmentMs)) % segmentMs));
  await ffmpeg.stop('SIGKILL');
  return (await readdir(directory)).sort().map((name) => join(directory, name));
}

const floorMs = (seconds: number | undefined): number =>
  Math.floor((seconds ?? Number.NaN) * 1_000);

describe('salvage', { concurrency: true }, () => {
  let root: string;
  const scratch = (): Promise<string> => mkdtemp(join(root, 'run-'));
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'salvage-'));
  });
  after(() => rm(root, { recursive: true }));

  for (const profile of [copy, small]) {
    it(`tells start and duration of what a kill left, to the picture (${profile.kind})`, async () => {
      const directory = await scratch();
      const paths = await recordAndKill(directory, profile);
      assert.ok(paths.length >= 2);
      const before = await Promise.all(paths.map(packetTimes));
      const found = await salvage(directory);
      assert.equal(found.length, paths.length);
      for (const [i, file] of found.entries()) {
        const times = before[i]?.video ?? [];
        // ffprobe rounds to microseconds.
        assert.ok(Math.abs(file.startMs - floorMs(times[0])) <= 1, `${file.startMs}`);
        const { frames, audioCodec } = await probe(file.path);
        assert.equal(audioCodec, 'aac');
        // ffprobe shows of a cut off fragment what is there; salvage leaves it out.
        const shown = times.slice(0, frames);
        assert.ok(frames > times.length - profileFrames(profile), `${frames} of ${times.length}`);
        const spanMs = ((shown.at(-1) ?? 0) - (shown[0] ?? 0)) * 1_000;
        const intervals = shown.slice(1).map((time, j) => (time - (shown[j] ?? 0)) * 1_000);
        // The last picture has the usual time of one; pictures come unevenly on a busy machine.
        const lastMs = file.durationMs - spanMs;
        assert.ok(lastMs > Math.min(...intervals) - 1, `${lastMs} ms`);
        assert.ok(lastMs < Math.max(...intervals) + 1, `${lastMs} ms`);
        const after = await packetTimes(file.path);
        assert.ok((after.video[0] ?? 1) < 0.001);
        assert.ok((after.audio[0] ?? 1) >= 0 && (after.audio[0] ?? 1) < 0.3);
      }
      assert.deepEqual(await salvage(directory), found, 'the same when done again');
    });
  }

  it('keeps sound and picture together while it moves them', async () => {
    const directory = await scratch();
    const [path = ''] = await recordAndKill(directory, copy);
    const before = await packetTimes(path);
    const [file] = await salvage(directory);
    const after = await packetTimes(file?.path ?? '');
    const startSeconds = (file?.startMs ?? 0) / 1_000;
    assert.ok(
      (before.audio[0] ?? 0) < (before.video[0] ?? 0),
      'there was sound before the picture',
    );
    const sound = before.audio.filter((time) => time >= startSeconds).slice(0, after.audio.length);
    assert.ok(sound.length - after.audio.length <= 2);
    const last = after.audio.length - 1;
    const shift = (before.audio.at(-1) ?? 0) - startSeconds - (after.audio[last] ?? 0);
    assert.ok(Math.abs(shift) < 0.001, `${shift} s`);
  });

  it('finishes a file whose times a kill left half changed', async () => {
    const directory = await scratch();
    const [path = ''] = await recordAndKill(directory, copy);
    const original = await readFile(path);
    const finished = await finishFile(path);
    assert.ok(finished);
    const whole = await readFile(finished.path);
    for (const part of [0, 0.3, 0.7, 1]) {
      const cut = Math.floor(whole.length * part);
      const torn = Buffer.concat([whole.subarray(0, cut), original.subarray(cut)]);
      await writeFile(finished.path, torn);
      assert.deepEqual(await finishFile(finished.path), finished);
      assert.ok(whole.equals(await readFile(finished.path)), `torn at ${part}`);
    }
  });

  it('takes from a file cut anywhere what is complete', async () => {
    const directory = await scratch();
    const [path = ''] = await recordAndKill(directory, copy);
    const original = await readFile(path);
    await using file = await open(path);
    const { fragments } = await readFragmentedFile(file);
    for (let cut = original.length; cut > 0; cut -= Math.ceil(original.length / 40)) {
      const cutDirectory = await scratch();
      await writeFile(join(cutDirectory, '000000.mp4'), original.subarray(0, cut));
      const found = await salvage(cutDirectory);
      const complete = fragments.filter(({ offset, size }) => offset + size <= cut);
      const hasPicture = complete.some(({ runs }) =>
        runs.some(({ track }) => track.kind === 'vide'),
      );
      assert.equal(found.length, hasPicture ? 1 : 0, `cut at ${cut}`);
      const [whole] = found;
      if (whole === undefined) {
        assert.deepEqual(await readdir(cutDirectory), []);
        continue;
      }
      const last = complete.at(-1);
      assert.equal((await stat(whole.path)).size, (last?.offset ?? 0) + (last?.size ?? 0));
      if (cut % 5 === 0) await probe(whole.path);
    }
  });

  it('is not held up by files that are none', async () => {
    const directory = await scratch();
    const recorded = await scratch();
    const [path = ''] = await recordAndKill(recorded, small);
    const good = await readFile(path);
    const bad: Record<string, Buffer> = {
      '000000.mp4': Buffer.alloc(0),
      '000001.mp4': Buffer.from('this is no MP4 file at all, but it is long enough for a box'),
      '000002.mp4': good.subarray(0, 1_000),
      '000003.mp4': Buffer.alloc(100_000),
      // A fragment whose trun says that it is longer than it is.
      '000004.mp4': Buffer.from(
        good.toString('latin1').replace(/trun..../s, 'trun\0\x0f\x0f\x01'),
        'latin1',
      ),
    };
    for (const [name, bytes] of Object.entries(bad)) await writeFile(join(directory, name), bytes);
    await mkdir(join(directory, '000005.mp4'));
    await copyFile(path, join(directory, '000006.mp4'));
    const found = await salvage(directory);
    const names = found.map((file) => basename(file.path).slice(0, 6));
    assert.equal(names.at(-1), '000006');
    assert.deepEqual(
      names.filter((name) => !['000004', '000006'].includes(name)),
      [],
    );
    assert.deepEqual(await salvage(join(directory, 'gone')), []);
  });
});

/** Pictures in a fragment of half a second, or a little more. */
const profileFrames = (profile: Profile): number => (profile.kind === 'copy' ? 12 : 8);
