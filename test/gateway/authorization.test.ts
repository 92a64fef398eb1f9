import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { challenges, parseAuthorization, proves } from '../../src/gateway/authorization.ts';
import { credentialsOf, makePassword } from '../../src/gateway/password.ts';

// RFC 7616 section 3.9.1, and RFC 2617 section 3.5.
const mufasa = credentialsOf('http-auth@example.org', 'Mufasa', 'Circle of Life');
const common =
  'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", ' +
  'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, ' +
  'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth';

const holds = (header: string, credentials = mufasa, method = 'GET', realm = ''): boolean => {
  const found = parseAuthorization(header);
  return found !== undefined && proves(found, method, realm, credentials);
};

describe('Digest', () => {
  const sha256 = `${common}, algorithm=SHA-256, response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"`;

  it("takes RFC 7616's examples, with MD5 and SHA-256", () => {
    assert.ok(holds(sha256));
    assert.ok(holds(`${common}, algorithm=MD5, response="8ca523f5e9506fed4657c9700eebdbec"`));
    assert.ok(holds(`${common}, response="8CA523F5E9506FED4657C9700EEBDBEC"`));
  });

  it('takes what players without qop send', () => {
    const credentials = credentialsOf('r', 'u', 'p');
    const header =
      'Digest username="u",realm="r",nonce="n",uri="x",response="b6a635ce5b132bbe1daa0ee015f223a4"';
    assert.ok(holds(header, credentials, 'PLAY'));
    assert.equal(holds(header, credentials, 'TEARDOWN'), false);
  });

  it('refuses another password, method, URL, nonce, count and hash function', () => {
    assert.equal(holds(sha256, credentialsOf('http-auth@example.org', 'Mufasa', 'x')), false);
    assert.equal(holds(sha256, mufasa, 'PUT'), false);
    assert.equal(holds(sha256.replace('index', 'other')), false);
    assert.equal(holds(sha256.replace('7ypf', '8ypf')), false);
    assert.equal(holds(sha256.replace('00000001', '00000002')), false);
    assert.equal(holds(sha256.replace('SHA-256', 'MD5')), false);
  });

  const broken = [
    'Digest',
    'Digest ',
    'Digest username',
    'Digest username="a',
    'Digest username="a", nonce="b"',
    'Digest username="a", nonce="b", uri="c", uri="d", response="e"',
    'Digest username="a", nonce="b", uri="c", response="e", algorithm=SHA-512',
    'Digest username="a", nonce="b", uri="c", response="e", algorithm=MD5-sess',
    'Digest username="a", nonce="b", uri="c", response="e", qop=auth-int, nc=00000001, cnonce="x"',
    'Digest username="a", nonce="b", uri="c", response="e", qop=auth',
    'Digest username*=UTF-8\'\'a, nonce="b", uri="c", response="e"',
    'Bearer abc',
    'Basic',
    'Basic !!!',
    'Basic Zm9v',
    'Basic OnBhc3N3b3Jk',
  ];
  for (const header of broken) {
    it(`can not read: ${header}`, () => assert.equal(parseAuthorization(header), undefined));
  }

  it('understands quotes and backslashes within quotes, and letters beyond ASCII', () => {
    const text = Buffer.from('Digest username="a\\"\\\\é", nonce="b", uri="c", response="e"');
    const found = parseAuthorization(text.toString('latin1'));
    assert.equal(found?.user, 'a"\\é');
  });
});

describe('Basic', () => {
  it('takes the password, which may have colons', () => {
    const credentials = credentialsOf('r', 'u', 'a:b é');
    const header = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    assert.ok(holds(header('u:a:b é'), credentials, 'PLAY', 'r'));
    assert.equal(holds(header('u:a:b'), credentials, 'PLAY', 'r'), false);
    assert.equal(holds(header('v:a:b é'), credentials, 'PLAY', 'r'), false);
  });
});

describe('the challenges', () => {
  it('offer the strongest first, and Basic only where it is taken', () => {
    const offered = (basic: boolean): string[] =>
      challenges('r', 'n', { stale: false, basic }).map(([, value]) => value);
    assert.deepEqual(offered(false), [
      'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256',
      'Digest realm="r", nonce="n", algorithm=MD5',
    ]);
    assert.equal(offered(true).at(-1), 'Basic realm="r"');
  });
});

describe('a new password', () => {
  it('is another each time, of 20 letters and digits that can not be confused', () => {
    const made = Array.from({ length: 200 }, makePassword);
    assert.equal(new Set(made).size, 200);
    for (const one of made) assert.match(one, /^(?:[a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}$/);
  });

  it('leaves nothing of itself in what is kept', () => {
    const kept = credentialsOf('r', 'u', 'hunter2');
    assert.deepEqual(Object.keys(kept), ['md5', 'sha256']);
    assert.doesNotMatch(JSON.stringify(kept), /hunter2/);
    assert.notDeepEqual(kept, credentialsOf('r', 'v', 'hunter2'));
    assert.notDeepEqual(kept, credentialsOf('s', 'u', 'hunter2'));
  });
});
