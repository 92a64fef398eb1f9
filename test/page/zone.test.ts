import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addDays, momentOf, wallMs } from '../../src/lib/time.ts';
import {
  dayOf,
  daySpan,
  momentsOfInput,
  nearest,
  ticks,
  toLocalInput,
} from '../../src/page/time/zone.ts';

const zurich = 'Europe/Zurich';
const hourMs = 3_600_000;
const hours = (day: string, zone: string): number => {
  const { fromMs, toMs } = daySpan(day, zone);
  return (toMs - fromMs) / hourMs;
};

describe('days of a time zone', () => {
  it('are 23 and 25 hours long when clocks change', () => {
    assert.equal(hours('2026-03-28', zurich), 24);
    assert.equal(hours('2026-03-29', zurich), 23);
    assert.equal(hours('2026-10-25', zurich), 25);
    assert.equal(hours('2026-04-05', 'Australia/Lord_Howe'), 24.5);
  });
  it('begin at the first moment where midnight is skipped or comes twice', () => {
    const { fromMs } = daySpan('2018-11-04', 'America/Sao_Paulo');
    assert.equal(toLocalInput(fromMs, 'America/Sao_Paulo'), '2018-11-04T01:00:00');
    assert.equal(hours('2018-11-04', 'America/Sao_Paulo'), 23);
    // In Havana 00:00 to 01:00 comes twice.
    assert.equal(hours('2025-11-02', 'America/Havana'), 25);
  });
  it('follow each other without a hole for years, wherever one is', () => {
    for (const zone of ['Europe/Zurich', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia']) {
      for (let day = '2026-01-01'; day < '2028-01-01'; day = addDays(day, 1)) {
        const { fromMs, toMs } = daySpan(day, zone);
        assert.equal(dayOf(fromMs, zone), day);
        assert.equal(dayOf(toMs - 1, zone), day);
        assert.equal(dayOf(fromMs - 1, zone), addDays(day, -1));
      }
    }
  });
});

describe('moments of wall clocks', () => {
  it('come back as they were written', () => {
    for (const text of ['2026-07-01T12:34:56', '2026-12-31T23:59:59', '2026-10-25T02:30:00']) {
      for (const at of momentsOfInput(text, zurich)) assert.equal(toLocalInput(at, zurich), text);
    }
    assert.deepEqual(momentsOfInput('', zurich), []);
    assert.deepEqual(momentsOfInput('2026-03-29T02:30:00', zurich), [Date.UTC(2026, 2, 29, 1, 30)]);
  });
  it('are two where the clocks repeat a time, of which the nearer to the one before is meant', () => {
    const [first, second] = [Date.UTC(2026, 9, 25, 0, 30), Date.UTC(2026, 9, 25, 1, 30)];
    const moments = momentsOfInput('2026-10-25T02:30:00', zurich);
    assert.deepEqual(moments, [first, second]);
    assert.equal(nearest(moments, second - 60_000), second);
    assert.equal(nearest(moments, first - 60_000), first);
    assert.equal(nearest([], first), undefined);
  });
  it('count on over the hour that is skipped in spring', () => {
    const at = momentOf(Date.UTC(2026, 2, 29, 2, 30), zurich);
    assert.equal(toLocalInput(at, zurich), '2026-03-29T03:30:00');
  });
  it('keep their milliseconds', () => {
    assert.equal(wallMs(Date.UTC(2026, 0, 1, 0, 0, 0, 123), zurich) % 1000, 123);
  });
});

describe('labels along a day', () => {
  it('stand at full local hours, two at the hour that comes twice', () => {
    const span = daySpan('2026-10-25', zurich);
    const labels = ticks(span, hourMs, zurich).map((at) => toLocalInput(at, zurich).slice(11, 16));
    assert.equal(labels.length, 26);
    assert.deepEqual(labels.slice(1, 5), ['01:00', '02:00', '02:00', '03:00']);
  });
  it('stand at full local hours where the zone is 45 minutes off', () => {
    const span = daySpan('2026-10-25', 'Asia/Kathmandu');
    const labels = ticks(span, 6 * hourMs, 'Asia/Kathmandu');
    assert.equal(toLocalInput(labels[1] ?? 0, 'Asia/Kathmandu').slice(11, 16), '06:00');
  });
});
