import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { descendants } from '../support/processes.ts';
import { eventually } from '../support/until.ts';
import { LiveRig, small, Watcher } from './rig.ts';

/** TCP connections to a port of this machine that are open, from the client's side. */
function connectionsTo(port: number): number {
  const remote = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , address, state]) => address === remote && state === '01').length;
}

const transcoders = (): number =>
  descendants(process.pid).filter(({ command }) => command.includes('-f flv')).length;

describe('watching live', { concurrency: 3 }, () => {
  it('shows every picture, decodable, with the time when it was taken', async () => {
    await using rig = await LiveRig.start({ ...small, keyFrameSeconds: 0.5 });
    const watcher = rig.watch();
    await watcher.hasPictures(30);
    await watcher.leave();
    const { frames, video, durationMs } = await watcher.decode();
    assert.equal(frames, watcher.pictures.length);
    assert.deepEqual(video, { codec: 'h264', width: 320, height: 192 });
    assert.ok(Math.abs(durationMs - (frames * 1000) / 15) < 500, `${durationMs} for ${frames}`);
    assert.match(watcher.texts[0]?.mime ?? '', /^video\/mp4; codecs="avc1\.[0-9a-f]{6}"$/);
    for (const { atMs, capturedAtMs } of watcher.pictures) {
      assert.ok(capturedAtMs <= atMs && capturedAtMs > watcher.startedAtMs - 1000);
    }
  });

  it('tells how old pictures are that come late', async () => {
    let lateMs = 0;
    await using rig = await LiveRig.start(small, { lateMs: () => lateMs });
    const watcher = rig.watch();
    await watcher.hasPictures(2);
    lateMs = 600_000;
    await watcher.hasPictures(2);
    const { atMs, capturedAtMs } = watcher.pictures.at(-1) ?? assert.fail('no picture');
    assert.ok(atMs - capturedAtMs >= 600_000, `${atMs - capturedAtMs} ms`);
  });

  it('shows a second viewer the picture at once, however rare key frames are', async () => {
    await using rig = await LiveRig.start({ ...small, keyFrameSeconds: 5 });
    const first = rig.watch();
    await first.hasPictures(10);
    const second = rig.watch();
    // Nothing has come meanwhile: no time has passed.
    assert.ok(second.pictures.length > 0);
    assert.equal(second.inits, 1);
    assert.deepEqual(second.pictures.at(-1)?.message, first.pictures.at(-1)?.message);
    await second.hasPictures(5);
    await second.leave();
    assert.equal((await second.decode()).frames, second.pictures.length);
  });

  it('pauses while the server can not keep up, tells viewers why, and goes on afterwards', async () => {
    const words = 'The server is busy recording';
    let paused: string | undefined;
    await using rig = await LiveRig.start(small, { pausedWhy: () => paused });
    const first = rig.watch();
    await first.hasPictures(2);
    paused = words;
    await eventually('the end', 5_000, () => first.ended === words);
    const second = rig.watch();
    await second.over;
    assert.equal(second.ended, words);
    paused = undefined;
    await rig.watch().hasPictures(1);
  });

  it('lets a camera be ready before somebody watches', async () => {
    await using rig = await LiveRig.start(small, { lingerMs: 5_000 });
    rig.hub.warm('cam');
    rig.hub.warm('unknown');
    const { port = 0 } = rig.relay ?? {};
    await eventually('a stream', 3_000, () => connectionsTo(port) === 2);
    await eventually('a picture', 5_000, async () => {
      const watcher = rig.watch();
      const found = watcher.pictures.length > 0;
      await watcher.leave();
      return found;
    });
  });

  it('takes fifty viewers with one session, and leaves nothing behind after the last', async () => {
    await using rig = await LiveRig.start();
    const { port = 0 } = rig.relay ?? {};
    assert.equal(connectionsTo(port), 1);
    const watchers = Array.from({ length: 50 }, () => rig.watch());
    await Promise.all(watchers.map((watcher) => watcher.hasPictures(5)));
    assert.equal(connectionsTo(port), 2);
    assert.deepEqual(rig.hub.status(), {
      cameras: [{ camera: 'cam', viewers: 50, transcoded: false, skips: 0 }],
      viewers: 50,
    });
    for (const watcher of watchers) await watcher.leave();
    assert.equal(connectionsTo(port), 2);
    await eventually('the end of the session', 5_000, () => connectionsTo(port) === 1);
    await eventually('no stream', 1_000, () => rig.hub.status().cameras.length === 0);
    assert.equal(rig.camera.playing, 1);
    const again = rig.watch();
    await again.hasPictures(3);
  });

  it('lets a slow viewer go on at the newest key frame, with little waiting for it', async () => {
    await using rig = await LiveRig.start(
      { ...small, keyFrameSeconds: 0.5 },
      { maxBufferedBytes: 20_000 },
    );
    const slow = new Watcher();
    const quick = rig.watch();
    await quick.hasPictures(1);
    let waiting = 0;
    let isReading = true;
    let counted = 0;
    slow.buffered = () => {
      const got = slow.pictures.slice(counted);
      counted = slow.pictures.length;
      waiting = isReading ? 0 : waiting + got.reduce((sum, { message }) => sum + message.length, 0);
      return waiting;
    };
    rig.watch('cam', slow);
    await slow.hasPictures(10);
    isReading = false;
    await quick.hasPictures(45);
    const largest = Math.max(...slow.pictures.map(({ message }) => message.length));
    assert.ok(waiting < 20_000 + largest, `${waiting} bytes`);
    const stoppedAt = slow.pictures.length;
    assert.ok(stoppedAt < quick.pictures.length - 15);
    isReading = true;
    await slow.hasPictures(20);
    assert.equal(rig.hub.status().cameras[0]?.skips, 1);
    const next = slow.pictures[stoppedAt]?.message;
    const at = quick.pictures.findIndex(({ message }) => message === next);
    assert.ok(at > stoppedAt, 'some pictures were skipped');
    await slow.leave();
    await slow.decode();
    await quick.leave();
    assert.equal((await quick.decode()).frames, quick.pictures.length);
  });

  it('begins anew for a viewer that asks for it', async () => {
    await using rig = await LiveRig.start();
    const watcher = rig.watch();
    await watcher.hasPictures(5);
    rig.hub.skip(watcher);
    assert.equal(watcher.inits, 2);
    await watcher.hasPictures(5);
  });

  it('tells viewers that the relay died, and shows the next one to those who come again', async () => {
    await using rig = await LiveRig.start();
    const watcher = rig.watch();
    await watcher.hasPictures(3);
    process.kill(rig.relay?.pid ?? 0, 'SIGKILL');
    await watcher.over;
    assert.match(watcher.ended ?? '', /closed the connection|ECONNRESET/);
    assert.equal(watcher.closed, watcher.ended);
    await rig.stopRelay();
    const early = rig.watch();
    await early.over;
    assert.equal(early.ended, 'the camera is not connected');
    await rig.startRelay();
    const again = rig.watch();
    await again.hasPictures(3);
    await again.leave();
    assert.equal((await again.decode()).frames, again.pictures.length);
  });

  it('tells viewers that the camera was disconnected, or is silent', async () => {
    await using rig = await LiveRig.start(small, { silentAfterMs: 2_000 });
    const watcher = rig.watch();
    await watcher.hasPictures(3);
    rig.camera.stall();
    await watcher.over;
    assert.equal(watcher.ended, 'no picture came for 2 s');
    rig.camera.resume();
    const again = rig.watch();
    await again.hasPictures(3);
    const { relay } = rig;
    rig.relay = undefined;
    await again.over;
    assert.equal(again.ended, 'the camera was disconnected');
    rig.relay = relay;
  });

  it('tells viewers that it is stopping', async () => {
    await using rig = await LiveRig.start();
    const watcher = rig.watch();
    await watcher.hasPictures(1);
    await rig.hub[Symbol.asyncDispose]();
    assert.equal(watcher.ended, 'the server is stopping');
    const late = rig.watch();
    await late.over;
    assert.notEqual(late.ended, undefined);
  });
});

describe('cameras that browsers cannot play', () => {
  for (const video of ['h265', 'mjpeg'] as const) {
    it(`are transcoded, once for all viewers, while somebody watches: ${video}`, async () => {
      await using rig = await LiveRig.start({ ...small, video }, { maxTranscodes: 1 });
      rig.hub.warm('cam');
      await eventually('no stream', 3_000, () => rig.hub.status().cameras.length === 0);
      const watchers = [rig.watch(), rig.watch()];
      for (const watcher of watchers) await watcher.hasPictures(20);
      assert.equal(rig.hub.status().cameras[0]?.transcoded, true);
      assert.equal(transcoders(), 1);
      const late = rig.watch();
      assert.ok(late.pictures.length > 0);
      for (const watcher of [...watchers, late]) await watcher.leave();
      for (const watcher of watchers) {
        const { frames, video: shown } = await watcher.decode();
        assert.equal(frames, watcher.pictures.length);
        assert.deepEqual(shown, { codec: 'h264', width: 320, height: 192 });
      }
      await eventually('no program', 5_000, () => transcoders() === 0);
      const { port = 0 } = rig.relay ?? {};
      await eventually('one reader', 1_000, () => connectionsTo(port) === 1);
    });
  }

  it('are so many at a time and no more', async () => {
    await using rig = await LiveRig.start({ ...small, video: 'mjpeg' }, { maxTranscodes: 0 });
    const watcher = rig.watch();
    await watcher.over;
    assert.match(watcher.ended ?? '', /^too many cameras .* JPEG/);
  });
});
