import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UnknownNameError } from '../../src/model/errors.ts';
import { CameraTime, day, door, hour, key, minute, second, segmentOf } from './camera-time.ts';

const zero = Date.UTC(2027, 2, 1);

/** Of a camera that was enrolled a day before, and records since. */
function recordingSince(ms: number): CameraTime {
  const time = new CameraTime(zero - day);
  time.note('recording', '', ms);
  time.nowMs = zero + day;
  return time;
}

describe('a camera’s time', () => {
  it('begins when it is added, and is explained from then on', () => {
    using time = new CameraTime(zero + hour);
    time.nowMs = zero + 2 * hour;
    assert.deepEqual(time.continuity(zero, zero + day), {
      fromMs: zero + hour,
      toMs: zero + 2 * hour,
      storedMs: 0,
      spooledMs: 0,
      missingMs: hour,
      gaps: [
        { startMs: zero + hour, endMs: zero + 2 * hour, cause: 'never connected', detail: '' },
      ],
      causes: [{ cause: 'never connected', gaps: 1, missingMs: hour }],
      segments: { stored: 0, spooled: 0 },
    });
  });

  it('begins when it comes with a token', () => {
    using time = new CameraTime(zero);
    const made = { account: door.account, uses: 1, expiresMs: zero + day };
    const { token } = time.ledger.tokens.add(made);
    time.nowMs = zero + minute;
    const camera = time.ledger.tokens.enrol(token, key(2));
    assert.ok(typeof camera === 'object');
    time.ledger.states.note(camera, 'starting', 'dialled in', zero + minute);
    time.nowMs = zero + hour;
    const range = { fromMs: zero, toMs: zero + day, nowMs: time.nowMs, isRecording: false };
    const { fromMs, causes } = time.ledger.continuity.sum(camera, range);
    assert.equal(fromMs, zero + minute);
    assert.deepEqual(causes, [
      { cause: 'starting', gaps: 1, missingMs: hour - minute - 1 },
      { cause: 'never connected', gaps: 1, missingMs: 1 },
    ]);
  });

  it('has nothing before it was added, nor to come', () => {
    using time = new CameraTime(zero);
    time.nowMs = zero + hour;
    for (const [fromMs, toMs] of [
      [zero - day, zero],
      [zero + hour, zero + day],
      [zero + day, zero + 2 * day],
    ] as const) {
      const { gaps, causes, ...sums } = time.continuity(fromMs, toMs);
      assert.equal(sums.toMs - sums.fromMs, 0);
      assert.deepEqual([sums.storedMs, sums.spooledMs, sums.missingMs], [0, 0, 0]);
      assert.deepEqual([gaps, causes], [[], []]);
    }
    assert.throws(
      () =>
        time.ledger.continuity.sum(
          { ...door, camera: 'x' },
          { fromMs: 0, toMs: 1, nowMs: 1, isRecording: false },
        ),
      UnknownNameError,
    );
  });

  it('ends when it is removed, and goes on when it is added again', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero + hour);
    time.nowMs = zero + hour;
    time.ledger.cameras.remove(door);
    time.note('camera offline', 'its tunnel was closed');
    time.nowMs = zero + 3 * hour;
    assert.equal(time.continuity(zero, zero + day).toMs, zero + hour);
    assert.deepEqual(time.gaps(zero, zero + day), []);

    time.ledger.cameras.add({ ...door, key: key(2) });
    time.nowMs = zero + 4 * hour;
    assert.deepEqual(time.gaps(zero, zero + day), [
      [hour, 3 * hour, 'disabled', 'removed'],
      [3 * hour, 4 * hour, 'never connected', ''],
    ]);
    assert.equal(time.continuity(0, zero + day).fromMs, zero - day, 'as added first');
  });

  it('is that of its footage where nobody added it', () => {
    using time = new CameraTime(zero);
    const foreign = { account: 'vermeer', camera: 'studio' };
    time.ledger.segments.spooled({ ...segmentOf(zero - hour, zero - hour + minute), ...foreign });
    time.ledger.segments.spooled({ ...segmentOf(zero - minute, zero), ...foreign });
    const range = { fromMs: 0, toMs: zero + day, nowMs: zero + day, isRecording: false };
    const { fromMs, toMs, causes } = time.ledger.continuity.sum(foreign, range);
    assert.deepEqual([fromMs, toMs], [zero - hour, zero]);
    assert.deepEqual(causes, [{ cause: 'unexplained', gaps: 1, missingMs: 58 * minute }]);
  });

  it('stays its own under another name', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero + hour);
    time.nowMs = zero + hour;
    time.ledger.cameras.rename(door, 'gate');
    const gate = { ...door, camera: 'gate' };
    // What still runs under the old name.
    time.note('camera offline', 'its tunnel was closed');
    time.ledger.states.note(gate, 'recording', '', zero + hour + minute);
    time.ledger.segments.stored(
      { ...segmentOf(zero + hour + minute, zero + 2 * hour), ...gate },
      { key: 'k' },
    );
    time.nowMs = zero + 2 * hour;
    for (const name of [door, gate]) {
      const range = { fromMs: zero, toMs: zero + day, nowMs: time.nowMs, isRecording: true };
      const { storedMs, missingMs, causes } = time.ledger.continuity.sum(name, range);
      assert.deepEqual([storedMs, missingMs], [2 * hour - minute, minute]);
      assert.deepEqual(causes, [{ cause: 'camera offline', gaps: 1, missingMs: minute }]);
    }
  });

  it('is disabled while it is, whatever its last life has to say', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero + hour);
    time.nowMs = zero + hour;
    time.ledger.keys.used(door, 'SHA256:1');
    time.ledger.cameras.setDisabled(door, true);
    time.note('camera offline', 'its tunnel was closed');
    time.nowMs += hour;
    time.ledger.cameras.setDisabled(door, true);
    time.nowMs += hour;
    time.ledger.cameras.setDisabled(door, false);
    time.nowMs += minute;
    time.note('recording');
    time.ledger.cameras.setDisabled(door, false);
    time.footage(time.nowMs, time.nowMs + minute);
    assert.deepEqual(time.gaps(zero, time.nowMs), [
      [hour, 3 * hour, 'disabled', ''],
      [3 * hour, 3 * hour + minute, 'camera offline', 'has not dialled in since it was enabled'],
    ]);
    assert.deepEqual(time.gaps(time.nowMs, time.nowMs + minute), []);
  });
});

describe('footage', () => {
  it('of two lives that overlap counts once, and as stored if one of them is', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero + minute);
    time.ledger.segments.spooled(segmentOf(zero + 50 * second, zero + 110 * second));
    time.ledger.segments.spooled(segmentOf(zero + 10 * second, zero + 20 * second));
    time.nowMs = zero + 110 * second;
    const { storedMs, spooledMs, missingMs, segments } = time.continuity(zero, zero + day);
    assert.deepEqual([storedMs, spooledMs, missingMs], [minute, 50 * second, 0]);
    assert.deepEqual(segments, { stored: 1, spooled: 2 });
  });

  it('across midnight counts on both days, and so does a gap, with one cause', () => {
    using time = recordingSince(zero - hour);
    time.footage(zero - hour, zero + minute);
    time.footage(zero + day - 30 * minute, zero + day + minute);
    time.nowMs = zero + day + hour;
    // Long noticed late: on the next day.
    time.note('clock jumped', 'by 1 hour', zero + day - 30 * minute);
    const before = time.continuity(zero - day, zero);
    assert.equal(before.storedMs, hour);
    const today = time.continuity(zero, zero + day);
    assert.equal(today.storedMs, 31 * minute);
    assert.deepEqual(today.causes, [
      { cause: 'clock jumped', gaps: 1, missingMs: day - 31 * minute },
    ]);
    assert.deepEqual(
      time.gaps(zero + hour, zero + 2 * hour),
      [[0, hour, 'clock jumped', 'by 1 hour']],
      'the cause doesn’t depend on the range that is asked for',
    );
  });

  it('that is being written counts as spooled, from the last segment or the begin of recording on', () => {
    using time = recordingSince(zero);
    time.nowMs = zero + 20 * second;
    const sums = (isRecording: boolean) => {
      const { spooledMs, missingMs } = time.continuity(zero, zero + day, isRecording);
      return [spooledMs / second, missingMs / second];
    };
    assert.deepEqual(sums(true), [20, 0]);
    assert.deepEqual(sums(false), [0, 20]);
    time.ledger.segments.spooled(segmentOf(zero, zero + 15 * second));
    assert.deepEqual(sums(true), [20, 0]);
    assert.deepEqual(sums(false), [15, 5]);
    time.note('camera offline');
    time.nowMs += 10 * second;
    time.note('recording');
    time.nowMs += 5 * second;
    assert.deepEqual(sums(true), [20, 15], '15 s until it went offline are not there yet');
    assert.deepEqual(
      time.continuity(zero + 20 * second, zero + 27 * second, true).missingMs,
      7 * second,
      'nothing that is written now is before the present recording',
    );
  });

  it('of a camera that sends few pictures has no phantom gaps', () => {
    using time = recordingSince(zero);
    // A picture each 5 s, as the clock of a cheap camera has it: segments last to their last
    // picture's usual end, which the next segment's first picture misses by up to 0.9 s.
    for (let startMs = zero, n = 0; startMs < zero + hour; n += 1) {
      const lateMs = [0, 900, 250, -400, 1][n % 5] ?? 0;
      time.footage(startMs, startMs + 55 * second);
      startMs += 55 * second + lateMs;
    }
    const { gaps, storedMs } = time.continuity(zero, zero + hour);
    assert.deepEqual(gaps, []);
    assert.equal(storedMs, hour);
  });

  it('has a seam, not a gap, of up to 1 s between segments where nothing was noted', () => {
    const at = zero + minute;
    const withSeam = (ms: number, act: (time: CameraTime) => void = () => {}) => {
      using time = recordingSince(zero);
      time.footage(zero, at);
      time.footage(at + ms, at + minute);
      act(time);
      return time.continuity(zero, at + minute).missingMs;
    };
    assert.equal(withSeam(1000), 0);
    assert.equal(withSeam(1001), 1001);
    assert.equal(
      withSeam(500, (time) => time.note('starting', '', at + 200)),
      500,
    );
    assert.equal(
      withSeam(500, (time) => time.note('starting', '', at - 1000)),
      500,
    );
    assert.equal(
      withSeam(500, (time) => time.note('starting', '', at + 1501)),
      0,
    );
    assert.equal(
      withSeam(500, (time) =>
        time.ledger.segments.noteHole(
          { ...door, startMs: at, durationMs: 500 },
          'stream stalled',
          '',
        ),
      ),
      500,
    );
  });

  it('without a length is none', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero);
    assert.equal(time.continuity(zero, zero + minute).missingMs, minute);
  });
});

describe('the cause of a gap', () => {
  it('is each state’s for as long as it held', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero + minute);
    time.note('camera offline', 'timed out', zero + minute);
    time.note('starting', 'dialled in', zero + 3 * minute);
    time.note('recording', '', zero + 3 * minute + 2 * second);
    time.footage(zero + 3 * minute + 3 * second, zero + hour);
    assert.deepEqual(time.gaps(zero, zero + hour), [
      [minute, 3 * minute, 'camera offline', 'timed out'],
      [3 * minute, 3 * minute + 3 * second, 'starting', 'dialled in'],
    ]);
  });

  it('is what was noticed a little later, even if footage was back by then', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero + minute);
    time.note('stream stalled', 'no picture for 8 s', zero + minute + 8 * second);
    time.note('recording', '', zero + 2 * minute);
    time.footage(zero + 2 * minute, zero + 10 * minute);
    time.footage(zero + 10 * minute + 5 * second, zero + hour);
    time.note('relay died', 'killed', zero + 10 * minute + 20 * second);
    time.note('recording', '', zero + 10 * minute + 21 * second);
    assert.deepEqual(time.gaps(zero, zero + hour), [
      [minute, 2 * minute, 'stream stalled', 'no picture for 8 s'],
      [10 * minute, 10 * minute + 5 * second, 'relay died', 'killed'],
    ]);
  });

  it('is unexplained where nothing was noted near it', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero + 10 * minute);
    time.footage(zero + 11 * minute, zero + hour);
    time.note('camera offline', '', zero + 11 * minute + 31 * second);
    assert.deepEqual(time.gaps(zero, zero + hour), [
      [
        10 * minute,
        11 * minute,
        'unexplained',
        'it was being recorded, and no trouble was noted within 30 s',
      ],
    ]);
  });

  it('is that of a hole in a segment, but for another segment that has the time', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero + minute);
    const hole = { ...door, startMs: zero + 10 * second, durationMs: 10 * second };
    for (let twice = 0; twice < 2; twice += 1) {
      time.ledger.segments.noteHole(hole, 'stream stalled', 'no picture');
    }
    assert.deepEqual(time.gaps(zero, zero + minute), [
      [10 * second, 20 * second, 'stream stalled', 'no picture'],
    ]);
    time.ledger.segments.spooled(segmentOf(zero + 15 * second, zero + minute));
    assert.deepEqual(time.gaps(zero, zero + minute), [
      [10 * second, 15 * second, 'stream stalled', 'no picture'],
    ]);
  });

  it('is that of the segment which was lost, whatever the state', () => {
    using time = recordingSince(zero);
    const segments = [0, 1, 2, 3].map((n) => segmentOf(zero + n * minute, zero + (n + 1) * minute));
    for (const segment of segments) time.ledger.segments.spooled(segment);
    const [, second_, third] = segments;
    assert.ok(second_ && third);
    time.ledger.segments.lost(second_, 'disk full', 'dropped');
    time.ledger.segments.lost(third, 'disk full', 'dropped');
    assert.deepEqual(time.gaps(zero, zero + 4 * minute), [
      [minute, 3 * minute, 'disk full', 'dropped'],
    ]);
    time.footage(zero + 90 * second, zero + 3 * minute);
    assert.deepEqual(
      time.gaps(zero, zero + 4 * minute),
      [[minute, 90 * second, 'disk full', 'dropped']],
      'what has other footage after all is not missing',
    );
  });

  it('is not the hole in a segment that was lost, where there is other footage', () => {
    using time = recordingSince(zero);
    const segment = segmentOf(zero, zero + minute);
    time.ledger.segments.spooled(segment);
    const hole = { ...door, startMs: zero + 10 * second, durationMs: 10 * second };
    time.ledger.segments.noteHole(hole, 'stream stalled', 'no picture');
    time.ledger.segments.lost(segment, 'segment lost', 'damaged');
    assert.deepEqual(time.gaps(zero, zero + minute), [
      [0, 10 * second, 'segment lost', 'damaged'],
      [10 * second, 20 * second, 'stream stalled', 'no picture'],
      [20 * second, minute, 'segment lost', 'damaged'],
    ]);
    time.footage(zero, zero + minute);
    assert.deepEqual(time.gaps(zero, zero + minute), []);
  });

  it('is this server where it stood still, and takes nothing away from what was recorded then', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero + 12 * minute);
    time.ledger.segments.noteLoss(
      { ...door, startMs: zero + 11 * minute, durationMs: 5 * minute },
      'server stood still',
      'the daemon did not run for 5 min',
    );
    time.note('camera offline', 'no sign of life', zero + 16 * minute);
    time.note('recording', '', zero + 17 * minute);
    time.footage(zero + 17 * minute, zero + hour);
    assert.deepEqual(time.gaps(zero, zero + hour), [
      [12 * minute, 16 * minute, 'server stood still', 'the daemon did not run for 5 min'],
      [16 * minute, 17 * minute, 'camera offline', 'no sign of life'],
    ]);
  });

  it('is the clock that was set forward, for the time that never was', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero + minute);
    time.note('clock jumped', 'forward by 1 hour', zero + hour + minute);
    time.note('recording', '', zero + hour + minute + second);
    time.footage(zero + hour + minute + second, zero + 2 * hour);
    assert.deepEqual(time.gaps(zero, zero + 2 * hour), [
      [minute, hour + minute + second, 'clock jumped', 'forward by 1 hour'],
    ]);
  });

  it('is right after the clock was set back, for the time that comes again and after it', () => {
    using time = recordingSince(zero);
    time.footage(zero, zero + 30 * minute);
    time.note('stream stalled', '', zero + 30 * minute);
    time.note('recording', '', zero + 40 * minute);
    time.footage(zero + 40 * minute, zero + hour);
    // At 1:00 the clock is set to 0:20.
    time.note('clock jumped', 'back by 40 minutes', zero + 20 * minute);
    time.note('recording', '', zero + 20 * minute + second);
    time.footage(zero + 20 * minute + second, zero + 25 * minute);
    time.note('camera offline', 'timed out', zero + 25 * minute);
    time.nowMs = zero + 2 * hour;
    assert.deepEqual(time.gaps(zero, zero + 2 * hour), [
      [30 * minute, 40 * minute, 'stream stalled', ''],
      [hour, 2 * hour, 'camera offline', 'timed out'],
    ]);
    time.note('recording', '', zero + 2 * hour);
    time.footage(zero + 2 * hour, zero + 3 * hour);
    time.nowMs = zero + 3 * hour;
    assert.equal(time.continuity(zero, zero + 3 * hour).missingMs, 70 * minute);
  });
});
