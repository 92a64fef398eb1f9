import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TrustedTime } from '../../src/monitor/trusted-time.ts';

const second = 1_000;
const minute = 60 * second;
const day = 86_400 * second;
const trueMs = Date.UTC(2026, 10, 30, 12);

/** A machine whose clock is off by `offMs`, and what it believes. */
function machine(offMs = 0) {
  const at = { passedMs: 0, suspendedMs: 0, offMs };
  const time = new TrustedTime({
    wallMs: () => trueMs + at.passedMs + at.offMs,
    sinceBootMs: () => Math.floor((at.passedMs + at.suspendedMs) / second) * second,
    nowMs: () => at.passedMs,
  });
  return {
    at,
    time,
    bucketMs: () => trueMs + at.passedMs,
    /** How far what it believes is from the truth. */
    error: () => {
      at.passedMs += second;
      return time.wallNow() - (trueMs + at.passedMs);
    },
  };
}

describe('what time it is', () => {
  it('is what the clock says where the bucket agrees, within minutes', () => {
    const { time, bucketMs, error } = machine(2 * minute);
    time.bucketSays(bucketMs(), false);
    assert.equal(error(), 2 * minute);
    assert.equal(time.trouble, undefined);
  });

  for (const [offMs, words] of [
    [-400 * day, /clock is 400 d behind the bucket's: footage is dated by the bucket's/],
    [400 * day, /clock is 400 d ahead of the bucket's/],
  ] as const) {
    it(`is the bucket's for a daemon whose clock is off by ${offMs / day} days`, () => {
      const { time, bucketMs, error } = machine(offMs);
      time.bucketSays(bucketMs(), false);
      assert.equal(error(), 0);
      assert.match(time.trouble ?? '', words);
    });
  }

  it('is never before the newest of the ledger, until the bucket tells it', () => {
    const { time, bucketMs, error } = machine(-400 * day);
    time.ledgerSays(trueMs - day);
    assert.equal(error(), -day);
    assert.match(time.trouble ?? '', /dated from that time on, approximately/);
    time.bucketSays(bucketMs(), false);
    assert.equal(error(), 0);
  });

  it('is what NTP keeps right, whatever the bucket says', () => {
    const { time, error } = machine();
    time.bucketSays(trueMs + day, true);
    assert.equal(error(), 0);
    assert.match(time.trouble ?? '', /set the clock of the bucket's server/);
  });

  it('goes on as before when a clock that was right is set to tomorrow, and when it is set right again', () => {
    const { at, time, bucketMs, error } = machine();
    time.bucketSays(bucketMs(), false);
    at.offMs = day;
    assert.equal(error(), 0);
    assert.match(time.trouble ?? '', /was set 24 h ahead/);
    time.bucketSays(bucketMs(), false);
    assert.equal(error(), 0);
    assert.ok(time.isCorrected);
    at.offMs = 0;
    assert.equal(error(), 0);
    assert.equal(time.trouble, undefined);
    at.offMs = day;
    time.bucketSays(bucketMs(), false);
    at.offMs = 0;
    time.bucketSays(bucketMs(), false);
    assert.equal(error(), 0);
    assert.equal(time.trouble, undefined);
    at.offMs = day;
    error();
    at.offMs = 0;
    assert.equal(error(), 0);
    assert.equal(time.trouble, undefined);
  });

  it('follows a clock that nobody vouched for, such as one that NTP sets after the start', () => {
    const { at, error } = machine(-10 * day);
    at.offMs = 0;
    assert.equal(error(), 0);
  });

  it('goes on while a machine is suspended', () => {
    const { at, time, error } = machine();
    time.bucketSays(trueMs, false);
    at.offMs = 30 * minute;
    at.suspendedMs = 30 * minute;
    assert.equal(error(), 30 * minute);
    assert.equal(time.trouble, undefined);
  });
});
