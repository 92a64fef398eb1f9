import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSdp } from '../../src/media/sdp.ts';
import {
  whyUnknownSound,
  whyUnreadablePictures,
  whyUnreadableSound,
} from '../../src/stream/reading.ts';

function track(...lines: readonly string[]) {
  const [found] = readSdp(`v=0\r\n${lines.join('\r\n')}\r\n`);
  assert.ok(found);
  return found;
}

/** An RTP packet with this payload. */
const packet = (...payload: readonly number[]): Buffer =>
  Buffer.from([0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, ...payload]);

const aac = (config: string) =>
  track(
    'm=audio 0 RTP/AVP 97',
    'a=rtpmap:97 MPEG4-GENERIC/8000/1',
    `a=fmtp:97 streamtype=5;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=${config}`,
  );
const video = (encoding: string) => track('m=video 0 RTP/AVP 96', `a=rtpmap:96 ${encoding}/90000`);

describe('what can be recorded of a stream', () => {
  it('is no sound that is not described, or of an unknown encoding', () => {
    assert.equal(whyUnknownSound(aac('1588')), undefined);
    assert.match(whyUnknownSound(aac('')) ?? '', /lacks its configuration/);
    const latm = (config: string) =>
      track('m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MP4A-LATM/8000', `a=fmtp:97 cpresent=0${config}`);
    assert.match(whyUnknownSound(latm('')) ?? '', /lacks its configuration/);
    assert.match(whyUnknownSound(latm('; config=')) ?? '', /lacks its configuration/);
    assert.equal(whyUnknownSound(latm('; config=400023203fc0')), undefined);
    assert.equal(whyUnknownSound(track('m=audio 0 RTP/AVP 0')), undefined);
    const odd = track('m=audio 0 RTP/AVP 97', 'a=rtpmap:97 X-ODD/8000');
    assert.match(whyUnknownSound(odd) ?? '', /its encoding X-ODD is not known/);
  });

  it('is no AAC with ADTS headers', () => {
    const adts = packet(0xff, 0xf1, 0x6c, 0x40, 0x01, 0x7f, 0xfc, 0x01, 0x14, 0, 0);
    assert.match(whyUnreadableSound(aac('1588'), adts) ?? '', /AAC with ADTS headers/);
    assert.match(whyUnreadableSound(aac('1588'), packet(0, 7, 1, 2, 3)) ?? '', /RFC 3640/);
    assert.equal(whyUnreadableSound(aac('1588'), packet(0, 16, 0, 24, 1, 2, 3)), undefined);
    assert.equal(whyUnreadableSound(track('m=audio 0 RTP/AVP 0'), adts), undefined);
  });

  it('are no pictures of another encoding than the announced one', () => {
    const later = (...start: number[]) => packet(...start, 1, 2, 3, 4, 5, 6);
    const h264 = video('H264');
    assert.match(whyUnreadablePictures(h264, later(0x42, 1)) ?? '', /now sends H.265/);
    for (const first of [0x67, 0x68, 0x65, 0x41, 0x7c, 0x18, 0x06]) {
      assert.equal(whyUnreadablePictures(h264, later(first, 1)), undefined);
    }
    const h265 = video('H265');
    assert.match(whyUnreadablePictures(h265, later(0x67, 0x42)) ?? '', /now sends H.264/);
    for (const first of [0x40, 0x42, 0x44, 0x26, 0x02, 0x62, 0x4e]) {
      assert.equal(whyUnreadablePictures(h265, later(first, 1)), undefined);
    }
  });

  it('are no MJPEG pictures whose size RTP can not tell', () => {
    const jpeg = (...lines: readonly string[]) => track('m=video 0 RTP/AVP 26', ...lines);
    const sized = (width: number, height: number) =>
      packet(0, 0, 0, 0, 1, 255, (width / 8) & 0xff, (height / 8) & 0xff, 1);
    const why = (width: number, height: number, ...lines: readonly string[]) =>
      whyUnreadablePictures(jpeg(...lines), sized(width, height)) ?? '';
    assert.match(why(2304, 1296), /told as 256x1296.* wider or higher than 2040 pixels/);
    assert.match(why(2048, 1536), /told as 0x1536/);
    assert.match(why(3200, 1800, 'a=cliprect:0,0,1800,3200'), /3200x1800/);
    assert.match(why(3200, 1800, 'a=x-dimensions:3200,1800'), /3200x1800/);
    assert.match(why(3200, 1800, 'a=framesize:26 3200-1800'), /3200x1800/);
    for (const [width, height] of [
      [640, 360],
      [1920, 1080],
      [1080, 1920],
      [2040, 1144],
    ] as const) {
      assert.equal(why(width, height, `a=x-dimensions:${width},${height}`), '');
    }
  });
});
