import assert from 'node:assert/strict';
import { access, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startArchiver } from '../../src/archive/archiver.ts';
import type { Profile } from '../../src/archive/profile.ts';
import { salvage } from '../../src/archive/salvage.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type RtspCamera, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { KeptLog } from '../support/kept-log.ts';
import { probe } from '../support/media.ts';
import { temporaryDirectory } from '../support/segments.ts';
import { isAlive, stateOf } from '../support/processes.ts';
import { eventually } from '../support/until.ts';
import { copy, mediaOf, packetTimes, Recording, Sieve, small, timed } from './recording.ts';

/** Makes files of 2 s: one, the next at once, and another 3 s later. */
const pausingFfmpeg = `#!/bin/sh
PATH=${process.env['PATH']}
ffmpeg -v error -f lavfi -i testsrc=size=160x120:rate=5:duration=2 -c:v libx264 -bf 0 \
  -movflags +frag_keyframe+empty_moov+default_base_moof -f mp4 whole
n=0
for end in 1800000002 1800000004 1800000009; do
  cp whole 00000$n.mp4
  touch -d @$end 00000$n.mp4
  echo 00000$n.mp4
  n=$((n + 1))
done
exec sleep 60
`;

const never = new AbortController().signal;
const soon = (): AbortSignal => AbortSignal.timeout(120_000);
const keyFrameMs = 1_000;

const videoChannel = 0;
const audioChannel = 2;

const recordingPictures = (recording: Recording, frames = 15) =>
  eventually('a picture', 15_000, () => recording.archiver.status().frames >= frames);

/** Asks for the stream, and then reads nothing of it. */
const deafFfmpeg = `#!/usr/bin/env node
const { connect } = require('node:net');
const url = new URL(process.argv[process.argv.indexOf('-i') + 1]);
const socket = connect(Number(url.port), url.hostname);
const say = (method, to, more = '') =>
  socket.write(method + ' ' + to + ' RTSP/1.0\\r\\nCSeq: 1\\r\\n' + more + '\\r\\n');
const session = /Session: *(\\w+)/i;
const control = /a=control:(?!\\*)(\\S+)/g;
let text = '';
let asked = 0;
socket.on('data', (chunk) => {
  text += chunk.toString('latin1');
  if (asked === 0 && text.includes('m=video')) {
    asked = 1;
    const track = text.match(control)[0].slice('a=control:'.length);
    const to = track.startsWith('rtsp:') ? track : url.href + '/' + track;
    say('SETUP', to, 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\\r\\n');
  } else if (asked === 1 && session.test(text)) {
    asked = 2;
    say('PLAY', url.href, 'Session: ' + session.exec(text)[1] + '\\r\\n');
    const forever = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    setImmediate(forever);
  }
});
say('DESCRIBE', url.href, 'Accept: application/sdp\\r\\n');
`;

/** Reports ever more pictures. */
const boastfulFfmpeg = `#!/bin/sh
n=0
while sleep 0.2; do n=$((n + 5)); echo "frame=$n"; done
`;

/** Waits until the recording ends by itself. */
const endOf = ({ archiver }: Recording, why: RegExp): Promise<void> =>
  assert.rejects(archiver.ended(soon()), why);

const isGone = (path: string): Promise<boolean> =>
  access(path).then(
    () => false,
    () => true,
  );

/** Pictures that are recorded in two seconds. */
const twoSeconds = (profile: Profile): number =>
  2 * (profile.kind === 'copy' ? 15 : profile.framesPerSecond);

/** Pictures in all files. */
async function pictures({ files }: Recording): Promise<number> {
  assert.ok(files.length > 0, 'nothing was recorded');
  const times = await Promise.all(files.map(({ path }) => packetTimes(path)));
  return times.reduce((sum, { video }) => sum + video.length, 0);
}

describe('archiver', { concurrency: 4 }, () => {
  let camera: RtspCamera;
  const media = mediaOf('h264', 'pcmu');

  before(async () => {
    camera = await startRtspCamera({
      video: 'h264',
      audio: 'pcmu',
      keyFrameSeconds: keyFrameMs / 1_000,
    });
  });
  after(() => camera[Symbol.asyncDispose]());

  const start = (profile = copy) => Recording.start({ source: camera.url, media, profile });

  for (const profile of [copy, small]) {
    it(`loses little and leaves readable files when ffmpeg is killed (${profile.kind})`, async () => {
      await using recording = await start(profile);
      await recordingPictures(recording, 60);
      const { frames } = recording.archiver.status();
      process.kill(recording.archiver.pid ?? 0, 'SIGKILL');
      await endOf(recording, /archiver was killed by SIGKILL/);
      const lost = frames - (await pictures(recording));
      assert.ok(lost < twoSeconds(profile), `${lost} pictures lost`);
      for (const { path } of recording.files) await probe(path);
      assert.ok(await isGone(recording.runDirectory));
    });
  }

  it('finishes and hands over the last file when it is disposed, also that of a stopped ffmpeg', async () => {
    await using recording = await start();
    await recordingPictures(recording);
    const pid = recording.archiver.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await eventually('its halt', 5_000, () => stateOf(pid) === 'T');
    const { frames } = recording.archiver.status();
    await recording.stop();
    await recording.archiver.ended(never);
    assert.ok((await pictures(recording)) >= frames);
    await probe(recording.files.at(-1)?.path ?? '');
    assert.ok(!isAlive(pid));
    assert.ok(await isGone(recording.runDirectory));
  });

  it('notices an ffmpeg that hangs', async () => {
    await using recording = await start();
    await recordingPictures(recording);
    process.kill(recording.archiver.pid ?? 0, 'SIGSTOP');
    await endOf(recording, /^ArchiverHungError: ffmpeg hangs: the process is halted/);
    assert.ok(recording.files.length > 0);
  });

  it('says of an ffmpeg that reads nothing that it hangs, not that the camera sent nothing', async () => {
    await using directory = await temporaryDirectory();
    // It takes the connection and the stream's description, and then reads no more.
    const program = join(directory.path, 'ffmpeg');
    await writeFile(program, deafFfmpeg, { mode: 0o755 });
    const limit = { program, firstPictureWithinMs: 3_000, media: mediaOf('h264') };
    await using recording = await Recording.start({ source: camera.url, profile: copy, ...limit });
    await endOf(recording, /^ArchiverHungError: ffmpeg hangs: it leaves \d+ bytes .* unread/);
  });

  it('believes no ffmpeg that tells of pictures and writes none', async () => {
    await using directory = await temporaryDirectory();
    const program = join(directory.path, 'ffmpeg');
    await writeFile(program, boastfulFfmpeg, { mode: 0o755 });
    const options = { program, stallAfterMs: 2_000, media: mediaOf('h264'), profile: copy };
    await using recording = await Recording.start({ source: camera.url, ...options });
    let told = false;
    void recording.archiver.firstPicture.then(() => (told = true));
    await endOf(recording, /^NotWrittenError: .*its file has not grown for 2 s/);
    assert.equal(told, false, 'there was no first picture');
    assert.equal(recording.archiver.status().lastFootageAtMs, undefined);
  });

  it('tells of pictures that are missing between two of its files', async () => {
    await using directory = await temporaryDirectory();
    const program = join(directory.path, 'ffmpeg');
    await writeFile(program, pausingFfmpeg, { mode: 0o755 });
    const options = { program, media: mediaOf('h264'), profile: copy };
    await using recording = await Recording.start({ source: camera.url, ...options });
    await eventually('three files', 20_000, () => recording.files.length === 3);
    assert.deepEqual(
      recording.files.map(({ pauseBefore }) => pauseBefore),
      [undefined, undefined, { startMs: 1_800_000_004_000, durationMs: 3_000 }],
    );
  });

  it('notices a stream that stalls, and keeps what came', async () => {
    await using own = await startRtspCamera({ video: 'h264' });
    const source = own.url;
    await using recording = await Recording.start({
      source,
      media: mediaOf('h264'),
      profile: small,
    });
    await recordingPictures(recording);
    own.stall();
    await endOf(recording, /no picture for 8 s: the camera's stream stalled/);
    const lost = recording.archiver.status().frames - (await pictures(recording));
    assert.ok(lost < twoSeconds(small), `${lost} pictures lost`);
  });

  it('notices a camera that goes on sending sound only', async () => {
    await using sieve = await Sieve.before(camera);
    await using recording = await Recording.start({ source: sieve.url, media, profile: copy });
    await recordingPictures(recording);
    sieve.held.add(videoChannel);
    await endOf(recording, /no picture for 8 s/);
  });

  it('notices a camera that never sends a picture, or never answers', async () => {
    await using mute = await startRtspCamera({ video: 'h264' });
    await using silent = await startRtspCamera({ video: 'h264' });
    mute.stall();
    silent.silent = true;
    for (const { url } of [mute, silent]) {
      const limit = { firstPictureWithinMs: 2_000, media: mediaOf('h264'), profile: small };
      await using recording = await Recording.start({ source: url, ...limit });
      await endOf(recording, /the camera sent no picture within 2 s/);
      assert.deepEqual(recording.files, []);
      await recording.stop();
      assert.ok(await isGone(recording.runDirectory));
    }
  });

  it('records a camera that announces sound and sends none', async () => {
    await using sieve = await Sieve.before(camera);
    sieve.held.add(audioChannel);
    const log = new KeptLog();
    const limit = { firstPictureWithinMs: 8_000, log };
    await using recording = await Recording.start({
      source: sieve.url,
      media,
      profile: copy,
      ...limit,
    });
    await eventually('recording', 15_000, () => log.complaints(/without it/).length > 0);
    await recordingPictures(recording);
    await recording.stop();
    const { audioCodec } = await probe(recording.files.at(-1)?.path ?? '');
    assert.equal(audioCodec, undefined);
  });

  it('offers a file again that could not be handed over, and leaves it if that fails too', async () => {
    const log = new KeptLog();
    const refused: string[] = [];
    const recording: Recording = await Recording.start({
      source: camera.url,
      media,
      profile: copy,
      log,
      onFile: async (file) => {
        refused.push(file.path);
        if (refused.length < 3 || file.path !== refused[0]) throw new Error('no room');
        await recording.take(file);
      },
    });
    await using _ = recording;
    await eventually('two files', 20_000, () => refused.length >= 2);
    await recording.stop();
    assert.equal(recording.files.length, 1);
    const left = await salvage(recording.runDirectory);
    assert.ok(left.length > 0);
    assert.equal((await readdir(recording.runDirectory)).length, left.length);
    assert.ok(log.complaints().some(({ fields }) => /no room/.test(String(fields['cause']))));
  });

  it('ends, and takes nothing else with it, when its directory can not be read any more', async () => {
    let released = 0;
    await using recording = await Recording.start({
      source: camera.url,
      media,
      profile: copy,
      segmentSeconds: 1,
      releaseDirectory: async () => (released += 1) > 0,
    });
    await recordingPictures(recording);
    // ffmpeg goes on in the directory that it has open, and names further files.
    await rename(recording.runDirectory, `${recording.runDirectory}-elsewhere`);
    await writeFile(recording.runDirectory, 'no directory');
    await endOf(recording, /ENOTDIR/);
    assert.equal(released, 1, 'what it left is looked after from now on');
  });

  it('says why it ended when the camera refuses, or there is no ffmpeg', async () => {
    const source = camera.url.replace('unicast', 'nothing-here');
    await using recording = await Recording.start({ source, media, profile: copy });
    await endOf(recording, /archiver exited with code \d+; last words: .*404/);
    const program = '/nonexistent/ffmpeg';
    await using none = await Recording.start({ source, media, profile: copy, program });
    await endOf(none, /nonexistent/);
  });

  it('refuses a segment length that does not divide a day', async () => {
    await using source = await timed(camera.url);
    const run = { source, media, profile: copy, directory: '/nonexistent' };
    const onFile = (): Promise<void> => Promise.resolve();
    assert.throws(
      () => startArchiver({ ...run, segmentSeconds: 7, onFile, log: silentLog }),
      RangeError,
    );
  });
});
