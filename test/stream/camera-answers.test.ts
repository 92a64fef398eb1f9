import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CameraAnswers } from '../../src/stream/camera-answers.ts';

/** What is told of a camera that answers so, in chunks of any size. */
function told(...said: string[]) {
  const answers = new CameraAnswers();
  const take = answers.watch();
  for (const one of said) take(Buffer.from(one, 'latin1'));
  return answers;
}

const ok = (body: string, headers = '') =>
  `RTSP/1.0 200 OK\r\nCSeq: 2\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
const sdp = 'v=0\r\nm=video 0 RTP/AVP 96\r\n';

describe('what a camera answers wrongly', () => {
  it('is nothing where all is well, however it is cut', () => {
    const text = `RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\n${ok(sdp)}`;
    for (const answers of [told(text), told(...text.split(''))]) {
      assert.equal(answers.poor, undefined);
      assert.equal(answers.wrong, undefined);
    }
    const playing = told(ok(sdp), '$\0\0\x04abcd', 'rubbish');
    assert.equal(playing.poor, undefined);
  });

  for (const [name, said, words] of [
    [
      'an endless header',
      `RTSP/1.0 200 OK\r\nX: ${'a'.repeat(9_000)}`,
      /"RTSP\/1\.0 200 OK" with a head of more than 8192 bytes/,
    ],
    ['an endless first line', 'A'.repeat(9_000), /no RTSP: "A{80}…"/],
    [
      'an endless description',
      'RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\nv=0',
      /Content-Length "999999999"; at most 20000 bytes/,
    ],
    [
      'an impossible length',
      'RTSP/1.0 200 OK\r\nContent-Length: -7\r\n\r\n',
      /Content-Length "-7"/,
    ],
    [
      'a description of 1,000 tracks',
      ok(`v=0\r\n${'m=video 0 RTP/AVP 96\r\n'.repeat(500)}`),
      /"RTSP\/1\.0 200 OK" and describes 500 tracks/,
    ],
    ['another protocol', 'SSH-2.0-dropbear\x1b[31m\r\n', /no RTSP: "SSH-2\.0-dr/],
    ['a description without its length', 'RTSP/1.0 200 OK\r\n\r\nv=0\r\nm=video', /no RTSP: "v=0"/],
  ] as const) {
    it(`is ${name}`, () => {
      assert.match(told(said).wrong ?? '', words);
      assert.match(told(said.slice(0, 10), said.slice(10)).wrong ?? '', words);
    });
  }

  it('is what it refuses, and what it announces and does not send', () => {
    const refused = told('RTSP/1.0 503 Out of "memory"\xff\r\nCSeq: 3\r\n\r\n');
    assert.equal(refused.wrong, undefined);
    assert.match(told('\x1b[31m').wrong ?? '', /no RTSP: "\\u001b\[31m"$/);
    assert.match(refused.poor ?? '', /answers "RTSP\/1\.0 503 Out of \\"memory\\"\\u00ff"$/);
    assert.match(told(ok(sdp).slice(0, -5)).poor ?? '', /sends 22 of the 27 bytes/);
    assert.match(told('RTSP/1.0 200 OK\r\nX:').poor ?? '', /a head that does not end/);
  });

  it('is of the newest connection in which anything came, until it is forgotten', () => {
    const answers = told('rubbish rubbish');
    answers.watch();
    assert.match(answers.wrong ?? '', /no RTSP/);
    answers.watch()(Buffer.from(ok(sdp)));
    assert.equal(answers.wrong, undefined);
    answers.watch()(Buffer.from('rubbish rubbish'));
    answers.forget();
    assert.equal(answers.wrong, undefined);
  });
});
