import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  parseAddress,
  parseEmailAddress,
  parsePhoneNumber,
  parseWebhookUrl,
  shownAddress,
} from '../../src/alert/addresses.ts';
import { OperatorError } from '../../src/lib/errors.ts';

const refusesAll = (
  parse: (text: string) => string | undefined,
  texts: readonly string[],
): void => {
  for (const text of texts) assert.equal(parse(text), undefined, JSON.stringify(text));
};

describe('a phone number', () => {
  it('is of E.164, whatever people put between its digits', () => {
    for (const text of ['+6591234567', '+65 9123 4567', '+65 9123-4567', '+65 (9123) 4567']) {
      assert.equal(parsePhoneNumber(text), '+6591234567');
    }
    assert.equal(parsePhoneNumber('+123456789012345'), '+123456789012345');
  });

  it('is refused otherwise', () => {
    refusesAll(parsePhoneNumber, [
      '',
      '+',
      '6591234567',
      '006591234567',
      '+0659123456',
      '+65912',
      '+1234567890123456',
      '+65912345a7',
      '+6591234567 ',
      ' +6591234567',
      '+65-',
      '++6591234567',
      '+6591234567\n',
      '+6591234567\r\nX: y',
      '+6591234567,+6591234568',
      '+65٩١٢٣٤٥٦٧',
      '+6591234567&to=1',
      '+6591234567\u0000',
      '+65\t91234567',
      'tel:+6591234567',
    ]);
  });
});

describe('an e-mail address', () => {
  it('is of one mailbox, its domain in ASCII', () => {
    assert.equal(parseEmailAddress('Owner.1+cctv@Example.COM'), 'Owner.1+cctv@example.com');
    assert.equal(parseEmailAddress("o'neill@mail.example.co"), "o'neill@mail.example.co");
    assert.equal(parseEmailAddress('info@bücher.example'), 'info@xn--bcher-kva.example');
  });

  it('is refused with anything that could become a header or another receiver', () => {
    refusesAll(parseEmailAddress, [
      '',
      '@',
      'a@',
      '@b.c',
      'a',
      'a@b',
      'a@b.',
      'a@.b.c',
      'a@b..c',
      'a.@b.c',
      '.a@b.c',
      'a..b@c.d',
      'a@b.c\r\nBcc: x@y.z',
      'a@b.c\n',
      '\na@b.c',
      'a@b.c,d@e.f',
      'a@b.c;d@e.f',
      'a b@c.d',
      'A <a@b.c>',
      '<a@b.c>',
      '"a b"@c.d',
      'a@[127.0.0.1]',
      'a@127.0.0.1',
      'a@b@c.d',
      'a@b.c ',
      'a@b_c.de',
      'a@-b.cd',
      'a\u0000@b.cd',
      'ä@b.cd',
      'a@b.c%0d%0a',
      'a@b.cd?x=y',
      'a@b\u00ad.c',
      `${'a'.repeat(65)}@b.cd`,
      `a@${'b.'.repeat(130)}cd`,
      'a@b．c\r',
    ]);
  });
});

describe("a webhook's address", () => {
  it('is one of HTTP, in its normal form', () => {
    assert.equal(parseWebhookUrl('https://Example.com'), 'https://example.com/');
    assert.equal(parseWebhookUrl('http://[::1]:8080/a?b=c%20d'), 'http://[::1]:8080/a?b=c%20d');
  });

  it('is refused with line breaks, passwords, and what is no address', () => {
    refusesAll(parseWebhookUrl, [
      '',
      'example.com',
      'ftp://example.com/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'http://',
      'https:///path',
      'http:example.com',
      'http://a:b@c.d/',
      'http://a@c.d/',
      'http://@c.d/',
      'https://a.b/c d',
      'https://a.b/\r\nX: y',
      'https://a.b/\n',
      '\thttps://a.b',
      'https://a.b/#c',
      'https://a.b\\c',
      'https://a.b:99999/',
      'https://ex ample.com/',
      `https://a.b/${'c'.repeat(2_000)}`,
      'https://bücher.example/',
      'https://a.b/\u2028',
    ]);
  });

  it('is shown by its host alone', () => {
    assert.equal(shownAddress('webhook', 'https://a.b:1/token?x'), 'a.b:1');
    assert.equal(shownAddress('email', 'a@b.cd'), 'a@b.cd');
  });
});

describe('an address that is refused', () => {
  it('is told with what to give instead, in one line', () => {
    assert.equal(parseAddress('sms', '+65 91234567'), '+6591234567');
    assert.throws(
      () => parseAddress('sms', '91234567\r\n'),
      (error) =>
        error instanceof OperatorError &&
        error.message ===
          '"91234567\\r\\n" can\'t be used: give a phone number with its country code, such as +6591234567',
    );
    assert.throws(
      () => parseAddress('email', `${'x'.repeat(999)}`),
      /^OperatorError: "x{60}…" can/,
    );
    assert.throws(() => parseAddress('webhook', 'a'), /give an http:\/\/ or https:\/\/ address/);
  });
});
