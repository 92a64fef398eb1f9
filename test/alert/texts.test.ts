import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventCamera, EventKind, JudgedEvent } from '../../src/alert/incident.ts';
import { isWithin } from '../../src/lib/time.ts';
import { lengthOfTime } from '../../src/lib/words.ts';
import { smsSize } from '../../src/alert/sms-text.ts';
import { textOf } from '../../src/alert/texts.ts';
import { gapCauses } from '../../src/model/gap-cause.ts';

const atMs = Date.UTC(2026, 10, 23, 3, 5);
const sinceMs = Date.UTC(2026, 10, 23, 2, 42);
const zone = 'Asia/Singapore';

const event = (
  kind: EventKind,
  cameras: readonly EventCamera[],
  more: object = {},
): JudgedEvent => ({
  kind,
  account: 'bach',
  cameras,
  atMs,
  ...more,
});
const down = (name: string, cause = 'camera offline'): EventCamera => ({ name, sinceMs, cause });
const detail = 'the line carries 250 kb/s of 320 kb/s, pictures come 5 s late';
const slow = (name: string): EventCamera => ({ ...down(name, 'line too slow'), detail });
const up = (name: string): EventCamera => ({
  name,
  sinceMs,
  againMs: atMs,
  missedMs: 23 * 60_000,
});

describe('the text of an alert', () => {
  it('is short, and in the time of the account', () => {
    const told = (kind: EventKind, ...cameras: EventCamera[]) =>
      textOf(event(kind, cameras), zone).text;
    assert.equal(
      told('not-recording', down('front-door')),
      'front-door has not recorded since 10:42: camera offline',
    );
    assert.equal(
      told('not-recording', down('front-door'), down('yard'), down('till')),
      '3 cameras of bach have not recorded since 10:42: camera offline (front-door, yard, till)',
    );
    assert.equal(
      told('not-recording', down('front-door'), down('yard', 'disk full')),
      '2 cameras of bach have not recorded since 10:42: camera offline (front-door), disk full (yard)',
    );
    assert.equal(
      told('recording-again', up('front-door')),
      'front-door records again since 11:05, missed 23 min',
    );
    assert.equal(
      told('recording-again', { ...up('front-door'), stops: 6 }),
      'front-door records again since 11:05, stopped 6 times since 10:42, missed 23 min',
    );
    assert.equal(
      told('recording-again', up('front-door'), up('yard')),
      '2 cameras of bach record again since 11:05, missed up to 23 min (front-door, yard)',
    );
    assert.equal(
      told('slow-line', slow('front-door')),
      `The line of front-door is too slow since 10:42, pictures may be missing: ${detail}`,
    );
    assert.equal(
      told('slow-line', slow('front-door'), slow('yard')),
      'The line of 2 cameras of bach is too slow since 10:42, pictures may be missing (front-door, yard)',
    );
    assert.equal(
      textOf(event('not-recording', [down('yard')], { atMs: atMs + 86_400_000 }), zone).text,
      'yard has not recorded since 2026-11-23 10:42: camera offline',
    );
  });

  it('is of one SMS, however many cameras there are and whatever they are called', () => {
    const long = 'x'.repeat(63);
    for (const cause of gapCauses) {
      for (const count of [1, 2, 3, 7, 30, 500]) {
        for (const name of ['a', 'front-door', long]) {
          const names = Array.from({ length: count }, (_, n) => `${name.slice(0, 60)}${n}`);
          const stopped = names.map((one) => down(one, cause));
          const again = names.map((one) => ({ ...up(one), stops: 12, cause }));
          const late = { atMs: atMs + 86_400_000, account: count > 100 ? 'a' : long };
          for (const [kind, cameras] of [
            ['not-recording', stopped],
            ['recording-again', again],
            ['slow-line', names.map(slow)],
            ['digest', [...stopped, ...again]],
          ] as const) {
            const { text } = textOf(event(kind, cameras, late), zone);
            const size = smsSize(text);
            assert.equal(size.encoding, 'gsm7', text);
            // One name of 63 letters and an account of as many leave no room for all the words.
            if (name !== long) assert.equal(size.parts, 1, text);
          }
        }
      }
    }
  });

  it('writes lengths of time in their two largest units', () => {
    const minute = 60_000;
    assert.deepEqual(
      [5_000, 100_000, 23 * minute, 125 * minute, 180 * minute, 50 * 60 * minute].map(lengthOfTime),
      ['5 s', '100 s', '23 min', '2 h 5 min', '3 h', '2 d 2 h'],
    );
  });
});

describe('quiet hours', () => {
  it('may pass midnight, and follow the zone through summer time', () => {
    const night = { from: '22:00', to: '07:00' };
    const at = (iso: string, timeZone: string) => isWithin(night, Date.parse(iso), timeZone);
    assert.ok(at('2026-11-23T14:00Z', zone));
    assert.ok(at('2026-11-23T22:59Z', zone));
    assert.ok(!at('2026-11-23T23:00Z', zone));
    assert.ok(!at('2026-11-23T13:59Z', zone));
    assert.ok(at('2026-07-01T04:59Z', 'Europe/Berlin'));
    assert.ok(!at('2026-07-01T05:00Z', 'Europe/Berlin'));
    assert.ok(at('2026-12-01T05:59Z', 'Europe/Berlin'));
    assert.ok(isWithin({ from: '12:00', to: '13:00' }, Date.parse('2026-01-01T12:30Z'), 'UTC'));
  });
});
