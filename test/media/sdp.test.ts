import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mediaOf, readSdp } from '../../src/media/sdp.ts';

const parseMedia = (sdp: string) => mediaOf(readSdp(sdp));

const session = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\na=control:*\r\n';

describe('the media of a session description', () => {
  it('is named by its rtpmap', () => {
    const sdp = `${session}m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000/1\r\n`;
    assert.deepEqual(parseMedia(sdp), { video: { codec: 'h265' }, audio: { codec: 'aac' } });
  });

  it('is named by its static payload type where there is no rtpmap', () => {
    const sdp = `${session}m=audio 0 RTP/AVP 14\r\nm=video 0 RTP/AVP 26\r\n`;
    assert.deepEqual(parseMedia(sdp), { video: { codec: 'mjpeg' }, audio: { codec: 'mp3' } });
  });

  it('is the first of each kind', () => {
    const sdp = `${session}m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\nm=video 0 RTP/AVP 98\na=rtpmap:98 H265/90000\nm=audio 0 RTP/AVP 0 8\n`;
    assert.deepEqual(parseMedia(sdp), { video: { codec: 'h264' }, audio: { codec: 'pcmu' } });
  });

  it('keeps the name of a codec it does not know', () => {
    const sdp = `${session}m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\n`;
    assert.deepEqual(parseMedia(sdp), {
      video: { codec: 'mp4v-es' },
      audio: undefined,
    });
  });

  it('leaves out what is not there, and what is no media', () => {
    const sdp = `${session}m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n`;
    assert.deepEqual(parseMedia(sdp), { video: undefined, audio: undefined });
    assert.deepEqual(parseMedia(''), { video: undefined, audio: undefined });
  });
});
