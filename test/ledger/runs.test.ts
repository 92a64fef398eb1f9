import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openLedger } from '../../src/ledger/ledger.ts';
import { CameraTime, day, door, hour, key, minute, second } from './camera-time.ts';

const zero = Date.UTC(2027, 2, 1);
const waiting = 'has not dialled in since the daemon started';

/** Recorded until `minute`, and from the hour on; in between there was no daemon at times. */
function withRuns(act: (time: CameraTime) => void): unknown[] {
  using time = new CameraTime(zero - day);
  time.ledger.runs.begin('1.0.0', zero - day);
  time.note('recording', '', zero);
  time.footage(zero, zero + minute);
  act(time);
  time.note('recording', '', zero + hour);
  time.footage(zero + hour, zero + 2 * hour);
  time.nowMs = zero + 2 * hour;
  return time.gaps(zero, zero + day);
}

describe('a time without a daemon', () => {
  it('is told by the next run: it stopped', () => {
    const gaps = withRuns(({ ledger }) => {
      ledger.runs.alive(zero + minute - second);
      ledger.runs.end(zero + minute);
      ledger.runs.begin('1.0.0', zero + hour - minute);
    });
    assert.deepEqual(gaps, [
      [minute, hour - minute, 'daemon down', 'stopped'],
      [hour - minute, hour, 'camera offline', waiting],
    ]);
  });

  it('is told by the next run: it was killed, also while it was being told of', () => {
    const gaps = withRuns(({ ledger }) => {
      ledger.runs.alive(zero + minute - second);
      ledger.runs.begin('1.0.0', zero + 10 * minute);
      ledger.runs.alive(zero + 11 * minute);
      ledger.runs.begin('1.0.0', zero + 20 * minute);
    });
    assert.deepEqual(gaps, [
      [minute, 10 * minute, 'daemon down', 'killed or power cut'],
      [10 * minute, 11 * minute, 'camera offline', waiting],
      [11 * minute, 20 * minute, 'daemon down', 'killed or power cut'],
      [20 * minute, hour, 'camera offline', waiting],
    ]);
  });

  it('is told by the next run: it was upgraded', () => {
    const gaps = withRuns(({ ledger }) => {
      ledger.runs.end(zero + minute);
      ledger.runs.begin('1.1.0', zero + 2 * minute);
    });
    assert.deepEqual(gaps, [
      [minute, 2 * minute, 'upgrade', 'upgrade from 1.0.0 to 1.1.0'],
      [2 * minute, hour, 'camera offline', waiting],
    ]);
  });

  it('begins no earlier than what was noted last', () => {
    const gaps = withRuns((time) => {
      time.ledger.runs.alive(zero + minute - second);
      time.note('relay died', '', zero + minute);
      time.note('camera offline', 'closed', zero + minute + 500);
      time.ledger.runs.begin('1.0.0', zero + hour);
    });
    assert.deepEqual(gaps, [
      [minute, minute + 500, 'relay died', ''],
      // A moment has one state, and a state that was noted is not taken back.
      [minute + 500, minute + 501, 'camera offline', 'closed'],
      [minute + 501, hour, 'daemon down', 'killed or power cut'],
    ]);
  });

  it('is told as well as can be if the clock was behind when the next run began', () => {
    using time = new CameraTime(zero - day);
    time.note('recording', '', zero);
    time.ledger.runs.begin('1', zero);
    time.note('recording', '', zero + second);
    time.footage(zero + second, zero + hour);
    time.ledger.runs.alive(zero + hour);
    // A machine without a clock of its own goes on from when it last wrote the time down.
    time.ledger.runs.begin('1', zero + 30 * minute);
    time.note('recording', '', zero + 31 * minute);
    time.note('clock jumped', 'forward', zero + 2 * hour);
    time.note('recording', '', zero + 2 * hour + second);
    time.footage(zero + 2 * hour, zero + 3 * hour);
    time.nowMs = zero + 3 * hour;
    assert.deepEqual(
      time
        .continuity(zero + second, time.nowMs)
        .gaps.map(({ startMs, endMs, cause }) => [
          startMs - zero - hour,
          endMs - zero - hour,
          cause,
        ]),
      [
        [0, 1, 'daemon down'],
        [1, 2, 'clock jumped'],
        [2, 3, 'camera offline'],
        [3, hour, 'clock jumped'],
      ],
    );
  });

  it('is the clock that was a day ahead, for the true minutes that are dated as of tomorrow', () => {
    using time = new CameraTime(zero);
    time.ledger.runs.begin('1', zero);
    time.note('recording', '', zero + second);
    time.footage(zero + second, zero + hour);
    // From here on, tomorrow. Killed ten minutes later, and the clock is set right.
    time.note('clock jumped', 'by a day', zero + hour + day);
    time.note('recording', '', zero + hour + day + second);
    time.ledger.runs.alive(zero + day + hour + 10 * minute);
    time.ledger.runs.begin('1', zero + hour + 11 * minute);
    time.note('recording', '', zero + hour + 11 * minute + second);
    time.footage(zero + hour + 11 * minute + second, zero + 2 * hour);
    time.nowMs = zero + 2 * hour;
    assert.deepEqual(
      time.gaps(zero + second, zero + 2 * hour).map((gap) => (gap as unknown[]).slice(0, 3)),
      [
        [hour - second, hour + 11 * minute - second, 'clock jumped'],
        [hour + 11 * minute - second, hour + 11 * minute, 'camera offline'],
      ],
    );
  });

  it('is nothing to cameras that are disabled or were never seen', () => {
    using time = new CameraTime(zero);
    const fresh = { ...door, camera: 'fresh' };
    time.ledger.cameras.add({ ...fresh, key: key(2) });
    time.nowMs = zero + minute;
    time.ledger.cameras.setDisabled(door, true);
    time.ledger.runs.begin('1', zero + 2 * minute);
    time.ledger.runs.end(zero + 3 * minute);
    time.ledger.runs.begin('1', zero + 4 * minute);
    time.nowMs = zero + hour;
    const causes = (name = door) =>
      time.ledger.continuity
        .sum(name, { fromMs: zero, toMs: zero + day, nowMs: time.nowMs, isRecording: false })
        .causes.map(({ cause, missingMs }) => [cause, missingMs]);
    assert.deepEqual(causes(), [
      ['disabled', hour - minute],
      ['never connected', minute],
    ]);
    assert.deepEqual(causes(fresh), [['never connected', hour]]);
  });

  it('is told across openings of the ledger', () => {
    using time = new CameraTime(zero);
    time.ledger.runs.begin('1', zero);
    time.note('camera offline', 'timed out', zero + second);
    time.ledger.runs.end(zero + minute);
    time.ledger[Symbol.dispose]();
    time.ledger = openLedger(time.file);
    time.ledger.runs.begin('1', zero + hour);
    time.nowMs = zero + 2 * hour;
    assert.deepEqual(time.gaps(zero, zero + 2 * hour), [
      [0, second, 'never connected', ''],
      [second, minute, 'camera offline', 'timed out'],
      [minute, hour, 'daemon down', 'stopped'],
      [hour, 2 * hour, 'camera offline', waiting],
    ]);
  });
});
