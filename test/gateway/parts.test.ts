import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rewriteDescription } from '../../src/gateway/description.ts';
import { Quota } from '../../src/gateway/quota.ts';
import { isRtcp } from '../../src/gateway/rtcp.ts';
import { Throttle } from '../../src/gateway/throttle.ts';
import { parseTransport } from '../../src/gateway/transport.ts';

describe('the choice of a transport', () => {
  const taken: readonly (readonly [string, readonly number[] | undefined])[] = [
    ['RTP/AVP/TCP;unicast;interleaved=0-1', [0, 1]],
    ['RTP/AVP/TCP;unicast;interleaved=254-255;mode=play', [254, 255]],
    ['rtp/avp/tcp; unicast; interleaved=4; mode="PLAY"', [4, 5]],
    ['RTP/AVP/TCP', undefined],
    ['RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;interleaved=2-3', [2, 3]],
  ];
  for (const [header, channels] of taken) {
    it(`takes ${header}`, () => assert.deepEqual(parseTransport(header), { channels }));
  }
  const refused = [
    '',
    'RTP/AVP;unicast;client_port=5000-5001',
    'RTP/AVP/UDP;multicast',
    'RTP/AVP/TCP;multicast;interleaved=0-1',
    'RTP/AVP/TCP;interleaved=0-1;mode=record',
    'RTP/AVP/TCP;interleaved=255',
    'RTP/AVP/TCP;interleaved=0-256',
    'RTP/AVP/TCP;interleaved=1-1',
    'RTP/AVP/TCP;interleaved=-1',
    'RTP/SAVP/TCP;interleaved=0-1',
  ];
  for (const header of refused) {
    it(`refuses "${header}"`, () => assert.equal(parseTransport(header), undefined));
  }
});

describe('the session description', () => {
  const track = (name: string, ...more: string[]): string =>
    ['m=video 5000 RTP/AVP 96', 'a=rtpmap:96 H264/90000', ...more, `a=control:${name}`].join(
      '\r\n',
    );
  const head = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nu=http://elsewhere/\r\n';

  it('has no address, no port and no URL of the relay or the camera', () => {
    const evil = ['c=IN IP4 192.0.2.9', 'u=http://evil/', 'a=x-evil:1', 'a=key:1', 'i=evil'];
    const { sdp, controls } = rewriteDescription(`${head}${track('track1', ...evil)}\r\n`, 'a/b');
    assert.doesNotMatch(sdp, /evil|127\.0|192\.0|elsewhere|5000|key/);
    assert.match(
      sdp,
      /\r\nm=video 0 RTP\/AVP 96\r\na=rtpmap:96 H264\/90000\r\na=control:track1\r\n$/,
    );
    assert.deepEqual(controls, ['track1']);
  });

  it('numbers the tracks', () => {
    const two = `${head}${track('b7')}\r\n${track('a')}\r\n`;
    const { sdp, controls } = rewriteDescription(two, 'a/b');
    assert.deepEqual(controls, ['b7', 'a']);
    assert.deepEqual(sdp.match(/track\d/g), ['track1', 'track2']);
  });

  it('refuses tracks that are elsewhere, none, and too many', () => {
    for (const body of [
      track('rtsp://other/track1'),
      track('../track1'),
      track('a b'),
      '',
      'm=video 0 udp 96\r\na=control:a',
      `${track('a')}\r\n`.repeat(9),
    ]) {
      assert.throws(() => rewriteDescription(head + body, 'a/b'), Error, body);
    }
  });
});

describe('a report of a player', () => {
  const receiverReport = Buffer.from('80c90001deadbeef', 'hex');
  it('is taken alone and with others', () => {
    assert.ok(isRtcp(receiverReport));
    assert.ok(isRtcp(Buffer.concat([receiverReport, Buffer.from('81cb0001deadbeef', 'hex')])));
  });
  it('is refused when it is something else, cut or too long', () => {
    assert.ok(!isRtcp(Buffer.alloc(0)));
    assert.ok(!isRtcp(receiverReport.subarray(0, 7)));
    assert.ok(!isRtcp(Buffer.from('80600001deadbeef', 'hex')));
    assert.ok(!isRtcp(Buffer.from('40c90001deadbeef', 'hex')));
    assert.ok(!isRtcp(Buffer.concat(Array.from({ length: 200 }, () => receiverReport))));
    assert.ok(!isRtcp(Buffer.from('DESCRIBE rtsp://h/c RTSP/1.0\r\n\r\n')));
  });
});

describe('the quota', () => {
  it('gives all that is asked for or nothing, and what is given back again', () => {
    const quota = new Quota();
    const take = (account: string) =>
      quota.take(
        { what: 'in all', key: 'all', limit: 3 },
        { what: 'of one', key: account, limit: 2 },
      );
    const first = take('a');
    assert.equal(typeof take('a'), 'function');
    assert.equal(take('a'), '2 of one at a time are the limit');
    assert.equal(typeof take('b'), 'function');
    assert.equal(take('b'), '3 in all at a time are the limit');
    assert.ok(typeof first === 'function');
    first();
    assert.equal(typeof take('b'), 'function');
  });
});

describe('the throttle', () => {
  const options = { free: 5, costMs: 1_000, maxWaitMs: 3_000, trustMs: 3_600_000 };
  const tried = (times: number, throttle = new Throttle(options)): Throttle => {
    for (let time = 0; time < times; time += 1) throttle.failed('stranger', 'bach', 0);
    return throttle;
  };

  it('leaves alone who mistypes a few times', () => {
    assert.equal(tried(5).waitMs('stranger', 'bach', 0), 0);
  });

  it('makes who goes on wait longer, up to an end, and forgets with time', () => {
    assert.equal(tried(7).waitMs('stranger', 'bach', 0), 2_000);
    assert.equal(tried(700).waitMs('stranger', 'bach', 0), 3_000);
    assert.equal(tried(700).waitMs('stranger', 'other', 0), 3_000, 'whatever the account');
    assert.equal(tried(700).waitMs('stranger', 'bach', 60_000), 0);
  });

  it('slows an account that many try, but not for an address that knew the password', () => {
    const throttle = tried(700);
    throttle.passed('home', 'bach', 0);
    assert.equal(throttle.waitMs('home', 'bach', 0), 0);
    assert.equal(throttle.waitMs('another', 'bach', 0), 3_000);
    assert.equal(throttle.waitMs('another', 'mozart', 0), 0);
    assert.equal(throttle.waitMs('home', 'bach', 4_000_000), 0);
    assert.equal(tried(700, throttle).waitMs('home', 'mozart', 0), 0);
  });
});
