import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileTime, isWithin, localDays } from '../../src/lib/time.ts';

const hour = 3_600_000;

describe('the days of a time zone', () => {
  const lengths = (from: string, to: string, zone: string): number[] =>
    localDays(from, to, zone).map(({ fromMs, toMs }) => (toMs - fromMs) / hour);

  it('begin at midnight there, and follow each other without a seam', () => {
    const [first, second] = localDays('2026-11-22', '2026-11-23', 'Asia/Singapore');
    assert.deepEqual(first, {
      day: '2026-11-22',
      fromMs: Date.UTC(2026, 10, 21, 16),
      toMs: Date.UTC(2026, 10, 22, 16),
    });
    assert.equal(second?.fromMs, first?.toMs);
    const [kathmandu] = localDays('2026-03-01', '2026-03-01', 'Asia/Kathmandu');
    assert.equal(kathmandu?.fromMs, Date.UTC(2026, 1, 28, 18, 15));
  });

  it('have 23 or 25 hours where clocks are changed, at midnight too, and none where they are left out', () => {
    assert.deepEqual(lengths('2026-03-28', '2026-03-30', 'Europe/Berlin'), [24, 23, 24]);
    assert.deepEqual(lengths('2026-10-24', '2026-10-26', 'Europe/Berlin'), [24, 25, 24]);
    assert.deepEqual(lengths('2026-10-03', '2026-10-05', 'Australia/Lord_Howe'), [24, 23.5, 24]);
    // There is no midnight of that day.
    assert.deepEqual(lengths('2018-11-03', '2018-11-05', 'America/Sao_Paulo'), [24, 23, 24]);
    assert.deepEqual(lengths('2011-12-29', '2011-12-31', 'Pacific/Apia'), [24, 0, 24]);
  });

  it('name files in local time', () => {
    const ms = Date.UTC(2026, 10, 22, 13);
    assert.equal(fileTime(ms, 'Asia/Singapore'), '2026-11-22_21-00-00+0800');
    assert.equal(fileTime(ms, 'UTC'), '2026-11-22_13-00-00+0000');
    assert.equal(fileTime(ms, 'America/St_Johns'), '2026-11-22_09-30-00-0330');
  });
});

describe('a period of each day', () => {
  const zurich = 'Europe/Zurich';
  /** The UTC times at which it begins or ends, looked at each 15 minutes from one day's noon to the next. */
  const changes = (from: string, to: string, noonMs: number): string[] => {
    const found: string[] = [];
    let before = isWithin({ from, to }, noonMs, zurich);
    for (let at = noonMs; at < noonMs + 24 * hour; at += hour / 4) {
      const now = isWithin({ from, to }, at, zurich);
      if (now !== before) found.push(new Date(at).toISOString().slice(11, 16));
      before = now;
    }
    return found;
  };

  it('begins and ends once, also in the night when the clocks go back or forward', () => {
    const [usual, back, forward] = [
      Date.UTC(2026, 10, 1, 12),
      Date.UTC(2026, 9, 24, 12),
      Date.UTC(2026, 2, 28, 12),
    ];
    assert.deepEqual(changes('22:00', '02:30', usual), ['21:00', '01:30']);
    assert.deepEqual(changes('22:00', '02:30', back), ['20:00', '00:30']);
    assert.deepEqual(changes('02:30', '06:00', back), ['00:30', '05:00']);
    assert.deepEqual(changes('22:00', '07:00', back), ['20:00', '06:00']);
    assert.deepEqual(changes('22:00', '02:30', forward), ['21:00', '01:30']);
    assert.deepEqual(changes('08:00', '18:00', usual), ['17:00', '07:00']);
  });
});
