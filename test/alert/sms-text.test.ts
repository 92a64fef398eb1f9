import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { forSms, smsSize } from '../../src/alert/sms-text.ts';

describe('the size of an SMS', () => {
  const size = (text: string): string => {
    const { encoding, units, parts } = smsSize(text);
    return `${encoding} ${units} ${parts}`;
  };

  it('is counted in septets where the GSM alphabet does', () => {
    assert.equal(size(''), 'gsm7 0 1');
    assert.equal(size('x'.repeat(160)), 'gsm7 160 1');
    assert.equal(size('x'.repeat(161)), 'gsm7 161 2');
    assert.equal(size('x'.repeat(306)), 'gsm7 306 2');
    assert.equal(size('x'.repeat(307)), 'gsm7 307 3');
    assert.equal(size('@£$¥èéùìòÇØøÅåΔÆæßÉ¤ÄÖÑÜ§¿äöñüà'), 'gsm7 31 1');
    assert.equal(size('€[]{}\\^~|'), 'gsm7 18 1');
    assert.equal(size(`${'x'.repeat(159)}€`), 'gsm7 161 2');
  });

  it('is counted in UTF-16 units elsewhere', () => {
    assert.equal(size('ç'), 'ucs2 1 1');
    assert.equal(size('田'.repeat(70)), 'ucs2 70 1');
    assert.equal(size('田'.repeat(71)), 'ucs2 71 2');
    assert.equal(size('😀'.repeat(35)), 'ucs2 70 1');
    assert.equal(size('`'), 'ucs2 1 1');
  });
});

describe('a text for SMS', () => {
  it('stays as it is when it fits', () => {
    for (const text of ['', 'front-door', 'x'.repeat(160), '田'.repeat(70), 'a\nb']) {
      assert.equal(forSms(text), text);
    }
  });

  it('is brought into the GSM alphabet where only looks are lost', () => {
    assert.equal(forSms('“çâ” – l’été…\u00a0ok'), `"ca" - l'été... ok`);
    // One sign that is not to be had: then accents cost nothing more.
    assert.equal(forSms('ça 田'), 'ça 田');
  });

  it('is cut to one part, between characters as people see them', () => {
    assert.equal(forSms('x'.repeat(161)), `${'x'.repeat(157)}...`);
    assert.equal(forSms('€'.repeat(100)), `${'€'.repeat(78)}...`);
    assert.equal(forSms('田'.repeat(71)), `${'田'.repeat(69)}…`);
    const family = '👨‍👩‍👧';
    const cut = forSms(`${'田'.repeat(66)}${family}${family}`);
    assert.equal(cut, `${'田'.repeat(66)}…`);
    for (const text of ['x'.repeat(1e6), '😀'.repeat(1e5), 'e\u0301'.repeat(1e5)]) {
      assert.equal(smsSize(forSms(text)).parts, 1);
      assert.ok(forSms(text).isWellFormed());
    }
  });

  it('can have more parts', () => {
    assert.equal(forSms('x'.repeat(459), 3), 'x'.repeat(459));
    const cut = forSms('x'.repeat(460), 3);
    assert.equal(cut, `${'x'.repeat(456)}...`);
    assert.equal(smsSize(cut).parts, 3);
  });

  it('has no control characters but line breaks', () => {
    assert.equal(forSms('a\r\n\u0000\u001b[31mb\u202e\tc\ud800d'), 'a \n [31mb c d');
  });
});
