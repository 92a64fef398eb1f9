import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../src/lib/clock.ts';
import { MessageReader } from '../../src/media/rtsp/message.ts';
import { packetOf, readRtp } from '../../src/media/rtsp/rtp.ts';
import { TimedAnswers } from '../../src/stream/timed-answers.ts';

const startMs = Date.UTC(2026, 0, 1) + 123;

/** A relay's answers to one reader, at times that the test sets. */
class Dialogue {
  nowMs = 5_000;
  readonly answers: TimedAnswers;
  readonly #out = new MessageReader();
  #cseq = 0;

  constructor() {
    const clock: Clock = {
      now: () => this.nowMs,
      wallNow: () => startMs + this.nowMs - 5_000,
      sleep: async () => {},
    };
    // Nothing is known of the camera's clock: arrivals are believed.
    this.answers = new TimedAnswers({ clock: () => undefined }, clock);
  }

  #rewritten(bytes: Buffer) {
    return [...this.#out.read(Buffer.concat(this.answers.rewrite(bytes)))];
  }

  ask(method: string, headers = '', body = '') {
    this.#cseq += 1;
    this.answers.asks(Buffer.from(`${method} rtsp://x/y RTSP/1.0\r\nCSeq: ${this.#cseq}\r\n\r\n`));
    const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
    const text = `RTSP/1.0 200 OK\r\nCSeq: ${this.#cseq}\r\n${headers}${length}\r\n${body}`;
    return this.#rewritten(Buffer.from(text));
  }

  play() {
    const sdp = [
      'v=0',
      'm=video 0 RTP/AVP 96',
      'a=rtpmap:96 H264/90000',
      'm=audio 0 RTP/AVP 97',
      'a=rtpmap:97 PCMU/8000',
      '',
    ].join('\r\n');
    this.ask('DESCRIBE', '', sdp);
    this.ask('SETUP', 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n');
    this.ask('SETUP', 'Transport: RTP/AVP/TCP;unicast;interleaved=2-3\r\n');
    return this.ask('PLAY', 'Range: npt=0.000-\r\nRTP-Info: url=x;seq=1;rtptime=99\r\n');
  }

  packet(channel: number, payloadType: number) {
    const frame = Buffer.alloc(20);
    frame.set([0x24, channel, 0, 16, 0x80, payloadType]);
    return this.#rewritten(frame);
  }
}

describe('what a recorder gets of a relay', () => {
  it('counts from an epoch that it is told with the answer to PLAY', () => {
    const dialogue = new Dialogue();
    const [answer, ...reports] = dialogue.play();
    assert.ok(answer?.kind === 'response');
    assert.equal(answer.headers.get('range'), `npt=${Math.floor(startMs / 1_000)}.000-`);
    assert.equal(answer.headers.get('rtp-info'), undefined);
    const told = reports.map((report) => {
      assert.ok(report.kind === 'frame');
      const seconds = report.bytes.readUInt32BE(12) - 2_208_988_800;
      return { channel: report.channel, seconds, timestamp: report.bytes.readUInt32BE(20) };
    });
    const [{ timestamp: first } = { timestamp: 0 }] = told;
    const seconds = Math.floor(startMs / 1_000);
    assert.deepEqual(told, [
      { channel: 1, seconds, timestamp: first },
      { channel: 3, seconds, timestamp: first },
    ]);
    for (const [channel, payloadType, ticksPerMs] of [
      [0, 96, 90],
      [2, 97, 8],
    ] as const) {
      const [packet] = dialogue.packet(channel, payloadType);
      assert.ok(packet?.kind === 'frame');
      assert.equal(readRtp(packetOf(packet))?.timestamp, first + 123 * ticksPerMs);
    }
    assert.equal(dialogue.answers.lastPictureAtMs, startMs);
  });

  it('leaves out the relay’s own reports, and tells the time again each minute', () => {
    const dialogue = new Dialogue();
    dialogue.play();
    assert.deepEqual(dialogue.packet(1, 200 & 0x7f), []);
    dialogue.nowMs += 61_000;
    const reports = dialogue.packet(0, 96).slice(0, 2);
    assert.deepEqual(
      reports.map((report) => report.kind === 'frame' && report.channel),
      [1, 3],
    );
  });
});
