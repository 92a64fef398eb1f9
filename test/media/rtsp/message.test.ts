import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatAnswer,
  formatMessage,
  type Message,
  MessageReader,
  ProtocolError,
} from '../../../src/media/rtsp/message.ts';

const readAll = (bytes: Buffer, pieces = bytes.length): Message[] => {
  const reader = new MessageReader();
  const found: Message[] = [];
  for (let at = 0; at < bytes.length; at += pieces) {
    found.push(...reader.read(Buffer.from(bytes.subarray(at, at + pieces))));
  }
  return found;
};

const refused = (text: string): number => {
  try {
    readAll(Buffer.from(text, 'latin1'));
  } catch (error) {
    assert.ok(error instanceof ProtocolError, String(error));
    return error.status;
  }
  return 200;
};

const request = 'OPTIONS rtsp://h/c RTSP/1.0\r\nCSeq: 1\r\n\r\n';
const frame = Buffer.from([0x24, 3, 0, 5, 1, 2, 0x0d, 0x0a, 0x24]);

describe('the reader of RTSP', () => {
  const stream = Buffer.concat([
    Buffer.from('\r\n\r\nPLAY rtsp://h/c RTSP/1.0\r\ncseq:2\r\nSession:  a b \t\r\n\r\n'),
    frame,
    Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\na\r\nb'),
    frame,
    Buffer.from('SET_PARAMETER rtsp://h/c RTSP/1.0\r\nCSeq: 4\r\nContent-Length: 9\r\n\r\n'),
    Buffer.from('$\0\xff\xffRTSP/', 'latin1'),
    Buffer.from(request),
  ]);
  for (const pieces of [1, 2, 3, 7, 64, stream.length]) {
    it(`cuts a stream that comes in pieces of ${pieces} bytes into the same messages`, () => {
      const found = readAll(stream, pieces);
      assert.deepEqual(
        found.map((one) => (one.kind === 'frame' ? one.channel : one.headers.get('cseq'))),
        ['2', 3, '3', 3, '4', '1'],
      );
      const [play, first, response] = found;
      assert.ok(play?.kind === 'request' && play.method === 'PLAY' && play.url === 'rtsp://h/c');
      assert.equal(play.headers.get('session'), 'a b');
      assert.ok(first?.kind === 'frame' && first.bytes.equals(frame));
      assert.ok(response?.kind === 'response' && response.body === 'a\r\nb');
    });
  }

  const malformed: Readonly<Record<string, string>> = {
    'a lone LF as the end of a line': 'OPTIONS * RTSP/1.0\nCSeq: 1\r\n\r\n',
    'a lone CR in a header': 'OPTIONS * RTSP/1.0\r\nCSeq: 1\rX: y\r\n\r\n',
    'a NUL': 'OPTIONS * RTSP/1.0\r\nCSeq: 1\0\r\n\r\n',
    'a header that goes on in the next line': 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n X: y\r\n\r\n',
    'a space before the colon': 'OPTIONS * RTSP/1.0\r\nCSeq : 1\r\n\r\n',
    'a header without a colon': 'OPTIONS * RTSP/1.0\r\nCSeq\r\n\r\n',
    'two lengths': 'A * RTSP/1.0\r\nContent-Length: 1\r\ncontent-length: 2\r\n\r\n',
    'two lengths in one': 'A * RTSP/1.0\r\nContent-Length: 1, 2\r\n\r\n',
    'a length below zero': 'A * RTSP/1.0\r\nContent-Length: -1\r\n\r\n',
    'a length in hexadecimal': 'A * RTSP/1.0\r\nContent-Length: 0x10\r\n\r\n',
    'a length with a sign': 'A * RTSP/1.0\r\nContent-Length: +1\r\n\r\n',
    'a chunked body': 'A * RTSP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'two sessions': 'A * RTSP/1.0\r\nSession: a\r\nSession: b\r\n\r\n',
    'two spaces': 'OPTIONS  * RTSP/1.0\r\n\r\n',
    'a request without a version': 'OPTIONS *\r\n\r\n',
    'letters that are none of ASCII': 'OPTIONS rtsp://h/\xc3\xa9 RTSP/1.0\r\n\r\n',
    'a long method': `${'A'.repeat(257)} * RTSP/1.0\r\n\r\n`,
    'a long URL': `OPTIONS ${'a'.repeat(2_049)} RTSP/1.0\r\n\r\n`,
    'a long header': `OPTIONS * RTSP/1.0\r\nX: ${'a'.repeat(8_192)}\r\n\r\n`,
    'a head without an end': 'a'.repeat(8_193),
    'many headers': `OPTIONS * RTSP/1.0\r\n${'X: y\r\n'.repeat(70)}\r\n`,
    'many blank lines': '\r\n'.repeat(20),
    'a CR and no LF': '\rOPTIONS * RTSP/1.0\r\n\r\n',
    'TLS where none is expected': '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n',
    'a response of another version': 'RTSP/2.0 200 OK\r\n\r\n',
  };
  for (const [what, text] of Object.entries(malformed)) {
    it(`refuses ${what}`, () => assert.equal(refused(text), 400));
  }

  it('tells a body that is too long, another version, and HTTP', () => {
    assert.equal(refused('A * RTSP/1.0\r\nContent-Length: 65537\r\n\r\n'), 413);
    assert.equal(refused('OPTIONS * RTSP/2.0\r\n\r\n'), 505);
    assert.equal(refused('GET /camera HTTP/1.1\r\nHost: h\r\n\r\n'), 404);
  });
});

describe('what we write', () => {
  it('has CSeq first and the length of its body in bytes', () => {
    assert.equal(
      formatAnswer({ status: 200, headers: [['A', 'b']], body: 'é' }, '7').toString(),
      'RTSP/1.0 200 OK\r\nCSeq: 7\r\nA: b\r\nContent-Length: 2\r\n\r\né',
    );
    assert.match(formatAnswer({ status: 404, reason: 'Gone Fishing' }, '7').toString(), /404 Gone/);
  });

  it('can not be broken into two heads', () => {
    assert.throws(() => formatMessage('A * RTSP/1.0', [['X', 'y\r\nZ: 1']]), /control character/);
    assert.throws(() => formatMessage('A *\nB * RTSP/1.0', []), /control character/);
  });
});
