import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readLogLine, readPicture } from '../../src/archive/ffmpeg-output.ts';
import { FootageFlow, NoPictureError, NotWrittenError } from '../../src/archive/footage-flow.ts';
import type { Clock } from '../../src/lib/clock.ts';

class HandClock implements Clock {
  ms = 0;
  wallMs = 1_800_000_000_000;
  now = (): number => this.ms;
  wallNow = (): number => this.wallMs + this.ms;
  sleep = (): Promise<void> => Promise.resolve();
}

const limits = { stallAfterMs: 8_000, firstPictureWithinMs: 15_000 };

describe('footage flow', () => {
  /** Looks each second, for so long. */
  function look(clock: HandClock, flow: FootageFlow, seconds: number): void {
    for (let n = 0; n < seconds; n += 1) {
      clock.ms += 1_000;
      flow.check();
    }
  }

  it('tells a stall at the second look, not at the first', () => {
    const clock = new HandClock();
    const flow = new FootageFlow(clock, limits);
    flow.progress(1);
    look(clock, flow, 9);
    assert.throws(() => flow.check(), /no picture for 8 s/);
  });

  it('gives the camera its time anew after a pause of this process', () => {
    const clock = new HandClock();
    const flow = new FootageFlow(clock, limits);
    flow.progress(1);
    clock.ms += 40_000;
    flow.check();
    look(clock, flow, 8);
    assert.throws(() => look(clock, flow, 2), /no picture for 8 s/);
  });

  it('does not mistake a pause of this process for one of the camera', () => {
    const clock = new HandClock();
    const flow = new FootageFlow(clock, limits);
    flow.progress(1);
    clock.ms += 60_000;
    flow.check();
    // What ffmpeg told meanwhile is read before the next look.
    flow.progress(900);
    clock.ms += 500;
    flow.check();
    flow.check();
  });

  it('waits longer for the first picture, and names its absence', () => {
    const clock = new HandClock();
    const flow = new FootageFlow(clock, limits);
    look(clock, flow, 14);
    flow.progress(0);
    look(clock, flow, 2);
    assert.throws(() => flow.check(), NoPictureError);
  });

  it('tells that the clock was set, not that it is trimmed', () => {
    const clock = new HandClock();
    const flow = new FootageFlow(clock, limits);
    for (let i = 0; i < 10; i += 1) {
      clock.wallMs += 500;
      for (let n = 0; n < 8; n += 1) {
        flow.progress(100 * i + n + 1);
        look(clock, flow, 7);
      }
    }
    clock.wallMs -= 3_600_000;
    assert.throws(() => flow.check(), /clock was set by -3600.0 s/);
  });

  it('tells that the clock was set by small steps that add up faster than they can be followed', () => {
    const clock = new HandClock();
    const flow = new FootageFlow(clock, limits);
    assert.throws(() => {
      for (let i = 0; i < 3; i += 1) {
        clock.wallMs += 1_500;
        look(clock, flow, 2);
      }
    }, /clock was set by 2\.\d s/);
  });

  it('believes in pictures only while the file grows', () => {
    const clock = new HandClock();
    const flow = new FootageFlow(clock, limits);
    const second = (n: number, bytes: number): void => {
      clock.ms += 1_000;
      flow.progress(n * 15);
      flow.recorded(bytes);
    };
    for (let n = 1; n <= 10; n += 1) {
      second(n, n * 1_000);
      flow.check();
    }
    const lastAtMs = clock.wallNow();
    assert.throws(() => {
      for (let n = 11; n < 30; n += 1) {
        second(n, 10_000);
        flow.check();
      }
    }, NotWrittenError);
    assert.ok((flow.lastFootageAtMs ?? 0) <= lastAtMs + 9_000);
    assert.ok(clock.wallNow() <= lastAtMs + 10_000);
  });

  it('does not take a stall, nor a pause of this process, for a file that does not grow', () => {
    const clock = new HandClock();
    const flow = new FootageFlow(clock, limits);
    flow.progress(15);
    flow.recorded(1_000);
    // A picture that is not flushed yet, and then no more.
    flow.progress(16);
    for (let n = 0; n < 6; n += 1) {
      clock.ms += 1_000;
      flow.recorded(1_000);
      flow.check();
    }
    clock.ms += 60_000;
    flow.progress(900);
    flow.recorded(60_000);
    flow.check();
  });

  it('takes the bit rate over the last ten seconds', () => {
    const clock = new HandClock();
    const flow = new FootageFlow(clock, limits);
    assert.equal(flow.bitsPerSecond, undefined);
    for (let i = 0; i <= 60; i += 1) {
      flow.progress(i * 15);
      flow.recorded(Math.min(i, 30) * 1_000 + Math.max(0, i - 30) * 2_000);
      clock.ms += 1_000;
    }
    assert.equal(flow.bitsPerSecond, 16_000);
    assert.equal(flow.framesPerSecond, 15);
  });
});

describe("ffmpeg's output", () => {
  it('tells the picture as the camera sends it', () => {
    const line =
      '[info]   Stream #0:0: Video: h264 (Constrained Baseline), yuv420p(progressive), 1280x720 [SAR 1:1 DAR 16:9], 15 tbr, 90k tbn';
    assert.deepEqual(readPicture(line), {
      codec: 'h264',
      width: 1280,
      height: 720,
      framesPerSecond: 15,
    });
    const mjpeg =
      '[info]   Stream #0:0: Video: mjpeg (Baseline), yuvj420p(pc, bt470bg/unknown/unknown), 640x360 [SAR 1:1 DAR 16:9], 90k tbr, 90k tbn';
    assert.deepEqual(readPicture(mjpeg), {
      codec: 'mjpeg',
      width: 640,
      height: 360,
      framesPerSecond: undefined,
    });
    assert.equal(readPicture('[info]   Stream #0:1: Audio: aac (LC), 16000 Hz, mono'), undefined);
  });

  it('is trouble from a warning up, and of one kind whatever the numbers in it', () => {
    const one = readLogLine('[rtsp @ 0x55f0a1] [warning] RTP: missed 12 packets');
    const two = readLogLine('[rtsp @ 0x7ffe00] [warning] RTP: missed 3 packets');
    assert.deepEqual([one.isTrouble, one.text], [true, 'rtsp: RTP: missed 12 packets']);
    assert.equal(one.kind, two.kind);
    assert.ok(!readLogLine("[segment @ 0x1] [info] Opening '000001.mp4' for writing").isTrouble);
    assert.ok(!readLogLine('[mp4 @ 0x1] [warning] pts has no value').isTrouble);
    assert.ok(readLogLine('ffmpeg: symbol lookup error: libx264.so').isTrouble);
  });
});
