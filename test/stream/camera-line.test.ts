import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../src/lib/clock.ts';
import { MessageReader } from '../../src/media/rtsp/message.ts';
import { CameraLine, type LineWatcher } from '../../src/stream/camera-line.ts';

const startMs = Date.UTC(2026, 0, 1);

/** A line whose time and answers a test sets. */
class Rig {
  nowMs = 0;
  asked = 0;
  echoMs: number | undefined = 20;
  readonly line: CameraLine;
  readonly watcher: LineWatcher;
  readonly #take: (chunk: Buffer) => void;
  #sequence = 0;

  constructor() {
    const clock: Clock = {
      now: () => this.nowMs,
      wallNow: () => startMs + this.nowMs,
      sleep: async () => {},
    };
    const echo = {
      echoMs: undefined as number | undefined,
      ask: () => {
        this.asked += 1;
      },
    };
    Object.defineProperty(echo, 'echoMs', { get: () => this.echoMs });
    this.line = new CameraLine(clock, echo);
    this.watcher = this.line.watch();
    const reader = new MessageReader();
    this.#take = (chunk) => {
      for (const message of reader.read(chunk)) this.watcher.take(message);
      this.watcher.taken();
    };
    const sdp = 'v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n';
    this.say(`RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`);
  }

  say(text: string): void {
    this.#take(Buffer.from(text, 'latin1'));
  }

  /** A picture of 1000 bytes, taken at `takenMs`, arrives at `arrivedMs`. */
  picture(takenMs: number, arrivedMs: number): void {
    this.nowMs = arrivedMs;
    const frame = Buffer.alloc(1_000);
    frame.set([0x24, 0]);
    frame.writeUInt16BE(996, 2);
    frame.set([0x80, 0x80 | 96], 4);
    frame.writeUInt16BE(this.#sequence++ & 0xffff, 6);
    frame.writeUInt32BE((takenMs * 90) % 2 ** 32, 8);
    this.#take(frame);
  }

  /** Ten pictures a second, each late by what `late` says. */
  play(fromMs: number, toMs: number, late: (ms: number) => number): void {
    for (let ms = fromMs; ms < toMs; ms += 100) this.picture(ms, ms + late(ms));
  }
}

describe('the line from a camera', () => {
  it('has no trouble while pictures come at once, and is asked seldom', () => {
    const rig = new Rig();
    rig.play(0, 30_000, () => 20);
    assert.equal(rig.line.trouble, undefined);
    assert.equal(rig.line.lately(), undefined);
    assert.ok(rig.asked <= 4, `${rig.asked} times`);
  });

  it('tells how late pictures are and what it carries, while they wait in its queue', () => {
    const rig = new Rig();
    rig.play(0, 10_000, () => 20);
    rig.play(10_000, 40_000, (ms) => {
      rig.echoMs = 500;
      return 20 + (ms - 10_000) / 4;
    });
    const { lateMs = 0, carried = 0, sent = 0 } = rig.line.trouble ?? {};
    assert.ok(lateMs > 6_000 && lateMs < 7_600, `${lateMs} ms`);
    assert.ok(Math.abs(sent - 80_000) < 8_000, `${sent} b/s sent`);
    assert.ok(Math.abs(carried - 64_000) < 8_000, `${carried} b/s carried`);
    assert.match(
      rig.line.lately() ?? '',
      /^the line carries 6\d\.\d kb\/s of (79|8\d)\.\d kb\/s, pictures come \d s late$/,
    );
    assert.equal(rig.line.between(startMs, startMs + 5_000), undefined);
    assert.match(rig.line.between(startMs + 20_000, startMs + 21_000) ?? '', /^the line carries/);
  });

  it('lays what is late at the camera’s clock where its answers are prompt', () => {
    const rig = new Rig();
    rig.play(0, 60_000, (ms) => 20 + ms / 20);
    assert.equal(rig.line.trouble, undefined);
    assert.ok(rig.line.lateMs < 400, `${rig.line.lateMs} ms`);
  });

  it('goes by arrival when a camera’s words can’t be read', () => {
    const rig = new Rig();
    rig.watcher.lose();
    rig.picture(0, 100);
    assert.equal(rig.line.clock('video'), undefined);
    assert.equal(rig.line.trouble, undefined);
  });
});
