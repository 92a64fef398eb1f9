import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findVideo } from '../../src/live/video-description.ts';

const session = 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\na=control:*\r\n';
const audio = 'm=audio 0 RTP/AVP 0\r\na=control:track2\r\n';

describe('the description of a stream', () => {
  it('tells its video: encoding, track and parameter sets', () => {
    const video = [
      'm=video 0 RTP/AVP 96',
      'a=rtpmap:96 h264/90000',
      'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAKeKQFAe2,aM48gA==',
      'a=control:track1\r\n',
    ].join('\r\n');
    assert.deepEqual(findVideo(session + audio + video), {
      encoding: 'H264',
      payloadType: 96,
      control: 'track1',
      parameterSets: [Buffer.from('Z0IAKeKQFAe2', 'base64'), Buffer.from('aM48gA==', 'base64')],
    });
  });

  it('needs no map for what has a number of its own', () => {
    const video = 'm=video 0 RTP/AVP 26\r\na=control:track1\r\n';
    assert.equal(findVideo(session + video)?.encoding, 'JPEG');
  });

  it('has no video that cannot be asked for', () => {
    for (const text of [
      '',
      session,
      session + audio,
      `${session}m=video 0 RTP/AVP 96\r\n`,
      `${session}m=video 0 udp 96\r\na=control:track1\r\n`,
      `${session}m=video 0 RTP/AVP 96\r\na=control:rtsp://elsewhere/track1\r\n`,
    ]) {
      assert.equal(findVideo(text), undefined);
    }
  });
});
