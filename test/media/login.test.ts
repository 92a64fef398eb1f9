import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Login, readChallenges } from '../../src/media/rtsp/login.ts';

const mufasa = { user: 'Mufasa', password: 'Circle of Life' };

describe('a WWW-Authenticate header', () => {
  for (const [what, header, schemes] of [
    [
      'two of one server, joined',
      'Digest realm="a, b", nonce="1", Basic realm="a"',
      'digest basic',
    ],
    ['without commas and quotes', 'Digest nonce=1 realm="cam" stale=FALSE', 'digest'],
    ['a scheme alone', 'Basic', 'basic'],
    ['a quote in its text', 'Digest realm="say \\"Basic x=1\\"", nonce="1"', 'digest'],
    ['nothing', '', ''],
    ['something else', '=,,="', ''],
  ] as const) {
    it(`is read: ${what}`, () => {
      assert.equal(
        readChallenges(header)
          .map(({ scheme }) => scheme)
          .join(' '),
        schemes,
      );
    });
  }
});

describe('the proof of a password', () => {
  // RFC 7616 section 3.9.1.
  const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
  const own = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
  const asked = (algorithm: string): string =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="${nonce}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
  for (const [algorithm, response] of [
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const) {
    it(`is that of the standard's example (${algorithm})`, () => {
      const proof = Login.for(asked(algorithm), mufasa)?.proof('GET', '/dir/index.html', own) ?? '';
      assert.match(proof, new RegExp(`response="${response}"`));
      assert.match(proof, /nc=00000001, cnonce="f2\/wE4q74E6z/);
    });
  }

  it('is that of RFC 2617 without qop, and names nothing that was not asked for', () => {
    const proof = Login.for('Digest realm="r", nonce="n"', mufasa)?.proof('DESCRIBE', 'rtsp://x/');
    assert.match(
      proof ?? '',
      /^Digest username="Mufasa", realm="r", nonce="n", uri="rtsp:\/\/x\/", response="[0-9a-f]{32}"$/,
    );
  });

  it('can be made with SHA-512/256, and is then another one than with SHA-256', () => {
    const responses = ['SHA-512-256', 'SHA-256'].map((algorithm) => {
      const proof = Login.for(asked(algorithm), mufasa)?.proof('GET', '/', own) ?? '';
      return /response="([0-9a-f]{64})"/.exec(proof)?.[1];
    });
    assert.ok(responses[0] !== undefined && responses[0] !== responses[1]);
  });

  it('counts the requests of a nonce', () => {
    const login = Login.for(asked('MD5'), mufasa);
    login?.proof('GET', '/');
    assert.match(login?.proof('GET', '/') ?? '', /nc=00000002/);
  });

  it('takes the strongest of several, and Basic last', () => {
    const md5 = 'Digest realm="r", nonce="n"';
    const sha = 'Digest realm="r", nonce="n", algorithm="SHA-256"';
    const of = (header: string): string => Login.for(header, mufasa)?.proof('GET', '/') ?? 'none';
    assert.match(of(`Basic realm="r", ${md5}, ${sha}`), /algorithm=SHA-256/);
    assert.match(of(`Basic realm="r", ${md5}`), /^Digest /);
    assert.match(of(`Digest realm="r", nonce="n", algorithm=X, Basic realm="r"`), /^Basic /);
    assert.equal(of('Digest realm="r", nonce="n", qop="auth-int"'), 'none');
    assert.equal(of('Digest realm="r"'), 'none');
    assert.equal(of('Bearer realm="r"'), 'none');
  });

  it('sends user and password as UTF-8, and the realm as it came', () => {
    const given = { user: 'Jürgen "J"', password: 'schön' };
    const basic = Login.for('Basic realm="r"', given)?.proof('GET', '/') ?? '';
    assert.equal(Buffer.from(basic.slice(6), 'base64').toString('utf8'), 'Jürgen "J":schön');
    const digest = Login.for('Digest realm="\xd6\xd0", nonce="n"', given)?.proof('GET', '/') ?? '';
    assert.ok(digest.includes('realm="\xd6\xd0"'));
    assert.ok(Buffer.from(digest, 'latin1').includes('username="Jürgen \\"J\\""'));
  });
});
