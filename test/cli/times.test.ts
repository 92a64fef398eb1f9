import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from '../../src/cli/errors.ts';
import { parseDuration, parseTime } from '../../src/cli/times.ts';
import {
  formatAge,
  formatBitRate,
  formatBytes,
  formatDuration,
  formatTime,
} from '../../src/cli/units.ts';

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
