import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { UsageError } from '../../src/cli/errors.ts';
import { startOfDay } from '../../src/lib/time.ts';
import { isDate, parseDuration, parseTime, timeZone, useTimeZone } from '../../src/cli/times.ts';
import { formatBitRate, formatBytes, formatDuration } from '../../src/lib/words.ts';
import { formatAge, formatExactTime, formatSecond, formatTime } from '../../src/cli/units.ts';

const now = Date.parse('2026-11-23T10:00:00Z');
const parsed = (text: string): string => new Date(parseTime(text, now)).toISOString();

describe('a time', () => {
  it('is read in each form that the help names, as UTC unless it has a zone', () => {
    assert.equal(parsed('2026-11-22T10:42:05.5Z'), '2026-11-22T10:42:05.500Z');
    assert.equal(parsed('2026-11-22T10:42+02:00'), '2026-11-22T08:42:00.000Z');
    assert.equal(parsed('2026-11-22T10:42'), '2026-11-22T10:42:00.000Z');
    assert.equal(parsed('2026-11-22 10:42:05'), '2026-11-22T10:42:05.000Z');
    assert.equal(parsed('2026-11-22'), '2026-11-22T00:00:00.000Z');
    assert.equal(parsed('2h'), '2026-11-23T08:00:00.000Z');
    assert.equal(parsed('90s'), '2026-11-23T09:58:30.000Z');
    assert.equal(parsed('7d'), '2026-11-16T10:00:00.000Z');
    assert.equal(parsed('now'), '2026-11-23T10:00:00.000Z');
  });

  it('of the day is the last one that was', () => {
    assert.equal(parsed('9:59'), '2026-11-23T09:59:00.000Z');
    assert.equal(parsed('10:01'), '2026-11-22T10:01:00.000Z');
    assert.equal(parsed('09:59:30'), '2026-11-23T09:59:30.000Z');
  });

  it('that no calendar and no clock has is refused, with the reason', () => {
    for (const [text, why] of [
      ['2026-11-31', 'there is no such day'],
      ['2026-02-29', 'there is no such day'],
      ['2026-13-01', 'there is no such day'],
      ['2026-11-31T10:00Z', 'there is no such day'],
      ['24:61', 'no clock shows such a time'],
      ['24:00', 'no clock shows such a time'],
      ['2026-11-22T24:00', 'no clock shows such a time'],
      ['2026-11-22T10:42:60Z', 'no clock shows such a time'],
      ['2026-11-22T10:42+25:00', 'there is no such offset'],
    ] as const) {
      assert.throws(
        () => parseTime(text, now),
        (error) =>
          error instanceof UsageError &&
          error.message.startsWith(`"${text}" is no time: ${why}. Write `),
      );
    }
    assert.equal(parsed('2028-02-29'), '2028-02-29T00:00:00.000Z');
    assert.deepEqual(['2026-11-30', '2026-11-31', '2026-1-1', ''].map(isDate), [
      true,
      false,
      false,
      false,
    ]);
  });

  it('that is none is refused', () => {
    for (const text of ['', 'yesterday', '25:00', '2026-13-01', '2026-11-22T', '5', '10:5', '2w']) {
      assert.throws(() => parseTime(text, now), UsageError, text);
    }
  });

  it('is printed with its date unless it is today', () => {
    assert.equal(formatTime(now, now), '10:00Z');
    assert.equal(formatTime(now - 86_400_000, now), '2026-11-22 10:00Z');
  });
});

describe('a time of a zone', () => {
  afterEach(() => useTimeZone(undefined));
  const read = (text: string, nowMs = now) => {
    const notes: string[] = [];
    const ms = parseTime(text, nowMs, (note) => void notes.push(note));
    return { at: new Date(ms).toISOString(), notes };
  };

  it('is read as the clocks there show it, unless it says otherwise', () => {
    useTimeZone('Asia/Singapore');
    assert.equal(read('2026-11-22T10:42').at, '2026-11-22T02:42:00.000Z');
    assert.equal(read('2026-11-22').at, '2026-11-21T16:00:00.000Z');
    assert.equal(read('2026-11-22T10:42Z').at, '2026-11-22T10:42:00.000Z');
    assert.equal(read('2026-11-22T10:42-0500').at, '2026-11-22T15:42:00.000Z');
    // It is 18:00 there.
    assert.equal(read('17:59').at, '2026-11-23T09:59:00.000Z');
    assert.equal(read('18:01').at, '2026-11-22T10:01:00.000Z');
    assert.equal(read('2h').at, '2026-11-23T08:00:00.000Z');
  });

  it('is printed with its offset', () => {
    useTimeZone('Asia/Singapore');
    assert.equal(formatTime(now, now), '18:00+08:00');
    assert.equal(formatTime(now - 18 * 3_600_000 - 1, now), '2026-11-22 23:59+08:00');
    assert.equal(formatExactTime(now + 7), '2026-11-23 18:00:00.007+08:00');
    assert.equal(formatSecond(now), '2026-11-23 18:00:00+08:00');
    useTimeZone('America/St_Johns');
    assert.equal(formatTime(now, now), '06:30-03:30');
    useTimeZone('UTC');
    assert.equal(formatExactTime(now + 7), '2026-11-23 10:00:00.007Z');
  });

  it('that the clocks were put forward past is refused', () => {
    useTimeZone('Europe/Berlin');
    assert.throws(
      () => parseTime('2026-03-29T02:30', now),
      /"2026-03-29T02:30" is no time: at 2026-03-29 02:30 the clocks of Europe\/Berlin had been put forward/,
    );
    assert.equal(read('2026-03-29T01:59').at, '2026-03-29T00:59:00.000Z');
    assert.equal(read('2026-03-29T03:00').at, '2026-03-29T01:00:00.000Z');
    assert.equal(read('2026-03-29T02:30+01:00').at, '2026-03-29T01:30:00.000Z');
  });

  it('that the clocks showed twice is the first, and that is told', () => {
    useTimeZone('Europe/Berlin');
    const { at, notes } = read('2026-10-25T02:30');
    assert.equal(at, '2026-10-25T00:30:00.000Z');
    assert.deepEqual(notes, [
      '2026-10-25 02:30 was twice in Europe/Berlin. The first is taken, +02:00; for the second write +01:00 behind it.',
    ]);
    assert.deepEqual(read('2026-10-25T02:30+01:00'), { at: '2026-10-25T01:30:00.000Z', notes: [] });
    assert.deepEqual(read('2026-10-25T03:00').notes, []);
  });

  it('begins a day with the first moment of it', () => {
    const hours = (date: string, next: string, zone: string): number =>
      (startOfDay(next, zone) - startOfDay(date, zone)) / 3_600_000;
    assert.equal(hours('2026-03-29', '2026-03-30', 'Europe/Berlin'), 23);
    assert.equal(hours('2026-10-25', '2026-10-26', 'Europe/Berlin'), 25);
    // Its clocks go from 23:59 to 01:00.
    assert.equal(
      new Date(startOfDay('2026-09-06', 'America/Santiago')).toISOString(),
      '2026-09-06T04:00:00.000Z',
    );
  });

  it('is that of --time-zone, else of TZ if that names one, else UTC', () => {
    for (const [given, environment, zone] of [
      ['Asia/Singapore', 'Europe/Berlin', 'Asia/Singapore'],
      [undefined, 'Europe/Berlin', 'Europe/Berlin'],
      [undefined, ':Europe/Berlin', 'Europe/Berlin'],
      [undefined, 'CET-1CEST', 'UTC'],
      [undefined, '/etc/localtime', 'UTC'],
      [undefined, '+08:00', 'UTC'],
      [undefined, '', 'UTC'],
      [undefined, undefined, 'UTC'],
    ] as const) {
      useTimeZone(given, environment);
      assert.equal(timeZone(), zone);
    }
    for (const wrong of ['Asia/Singapur', '+08:00', '']) {
      assert.throws(() => useTimeZone(wrong), UsageError, wrong);
    }
  });
});

describe('a length of time', () => {
  it('has a unit', () => {
    assert.deepEqual(['90m', '24h', '7d'].map(parseDuration), [5_400_000, 86_400_000, 604_800_000]);
    for (const text of ['', '24', '1w', '-1h', '1.5h', '1h30m']) {
      assert.throws(() => parseDuration(text), UsageError, text);
    }
  });
});

describe('amounts', () => {
  it('are printed in units that people read', () => {
    assert.deepEqual([0, 999, 1000, 99_499, 999_499, 999_500, 3.1e9].map(formatBytes), [
      '0 B',
      '999 B',
      '1.0 kB',
      '99.5 kB',
      '999 kB',
      '1.0 MB',
      '3.1 GB',
    ]);
    assert.equal(formatBitRate(412_345), '412 kb/s');
    assert.deepEqual([0, 59_400, 60_000, 3_660_000, 90_000_000, -5].map(formatDuration), [
      '0s',
      '59s',
      '1m',
      '1h 1m',
      '1d 1h',
      '0s',
    ]);
    assert.deepEqual([701_000, 8_040_000, 90_000_000].map(formatAge), ['11m', '2h 14m', '1d']);
  });
});
