import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { decodeTimeOf, timescaleOf } from '../../src/page/player/boxes.ts';
import { CaptureTimes } from '../../src/page/player/capture-times.ts';
import { filmAround, nextFootage } from '../../src/page/player/film.ts';
import { RecentLeast, steer, targetLagS } from '../../src/page/player/live-edge.ts';
import { mediaTimeOf, readPlaylist, recordedAtMs } from '../../src/page/player/media-times.ts';
import { ServerClock } from '../../src/page/time/server-clock.ts';
import { tickStep, windowAround } from '../../src/page/time/window.ts';
import { ffmpeg } from '../support/tools.ts';

describe('the live edge', () => {
  it('is jumped to from afar and walked to when near', () => {
    assert.deepEqual(steer(5), { seek: true });
    assert.deepEqual(steer(-2), { seek: true });
    assert.deepEqual(steer(targetLagS), { seek: false, rate: 1 });
    const rate = (lagS: number): number => {
      const move = steer(lagS);
      return move.seek ? assert.fail() : move.rate;
    };
    assert.ok(rate(0.4) > rate(0.13) && rate(0.13) > 1 && rate(0) < 1);
  });
  it('is reached from any lag, and held, by simulation', () => {
    for (const startS of [0.01, 0.3, 0.79, 3]) {
      let lagS = startS;
      for (let picture = 0; picture < 15 * 20; picture += 1) {
        const move = steer(lagS);
        lagS = move.seek ? targetLagS : lagS + (1 - move.rate) / 15;
      }
      assert.ok(Math.abs(lagS - targetLagS) <= 0.051, `${startS} s ended at ${lagS} s`);
    }
  });
  it('is judged by the least of the last pictures', () => {
    const least = new RecentLeast(3);
    assert.deepEqual(
      [3, 1, 2, 4, 5].map((value) => least.add(value)),
      [3, 1, 1, 1, 2],
    );
    least.clear();
    assert.equal(least.add(9), 9);
  });
});

describe('a picture on the screen', () => {
  it('is known by its media time', () => {
    const times = new CaptureTimes();
    for (let index = 0; index < 2_000; index += 1) times.add(index / 15, index * 100);
    assert.equal(times.at(1_990 / 15 - 0.0005), 199_000);
    assert.equal(times.at(1_990 / 15 + 0.01), 199_000);
    assert.equal(times.at(0), undefined);
  });
  it('has its media time in the boxes that ffmpeg writes', () => {
    const flags = 'frag_keyframe+empty_moov+default_base_moof';
    const file = execFileSync(
      ffmpeg(),
      [
        '-v',
        'error',
        '-f',
        'lavfi',
        '-i',
        'color=s=64x64:r=10',
        '-t',
        '3',
        '-g',
        '10',
        '-c:v',
        'libx264',
        '-movflags',
        flags,
        '-video_track_timescale',
        '9000',
        '-f',
        'mp4',
        'pipe:1',
      ],
      { timeout: 20_000 },
    );
    assert.equal(timescaleOf(file), 9_000);
    assert.equal(decodeTimeOf(file), 0);
    const second = file.indexOf('moof', file.indexOf('moof') + 4) - 4;
    assert.equal(decodeTimeOf(file.subarray(second)), 9_000);
    assert.equal(timescaleOf(file.subarray(0, 20)), undefined);
    assert.equal(decodeTimeOf(new Uint8Array(5)), undefined);
  });
});

describe('recorded footage', () => {
  const segments = [
    { start: 0, duration: 60, programDateTime: 1_000_000 },
    { start: 60, duration: 60, programDateTime: 1_060_000 },
    // After a gap of 100 s.
    { start: 120, duration: 30, programDateTime: 1_220_000 },
  ];
  it('is known from its playlist', () => {
    const playlist = [
      '#EXTM3U',
      '#EXT-X-TARGETDURATION:60',
      '#EXT-X-MAP:URI="a.mp4",BYTERANGE="700@0"',
      '#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:16:40.000Z',
      '#EXTINF:60.000,',
      'a.mp4',
      '#EXTINF:60.000,',
      'b.mp4',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:20:20.000Z',
      '#EXTINF:30.000,',
      'c.mp4',
      '#EXT-X-ENDLIST',
    ];
    assert.deepEqual(readPlaylist(playlist.join('\n')), segments);
    assert.deepEqual(readPlaylist(''), []);
  });
  it('goes from moments to media time and back', () => {
    for (const atMs of [1_000_000, 1_059_999, 1_060_000, 1_235_000]) {
      const mediaS = mediaTimeOf(segments, atMs) ?? assert.fail();
      assert.ok(Math.abs((recordedAtMs(segments, mediaS) ?? 0) - atMs) <= 1);
    }
  });
  it('goes on after a gap for a moment in it, and nowhere after the end', () => {
    assert.equal(mediaTimeOf(segments, 1_150_000), 120);
    assert.equal(mediaTimeOf(segments, 0), 0);
    assert.equal(mediaTimeOf(segments, 1_250_000), undefined);
    assert.equal(recordedAtMs(segments, 500), 1_250_000);
    assert.equal(recordedAtMs([], 0), undefined);
  });
});

describe('what is opened to see a moment', () => {
  it('is some of the day, from a little before', () => {
    const day = { fromMs: 0, toMs: 86_400_000 };
    const film = filmAround(day, 40_000_000);
    assert.ok(film.fromMs < 40_000_000 && film.toMs - film.fromMs < 2 * 3_600_000);
    assert.equal(filmAround(day, 10).fromMs, 0);
    assert.equal(filmAround(day, 86_399_999).toMs, 86_400_000);
  });
  it('lies after the gap that the moment is in', () => {
    const pieces = [
      { startMs: 0, endMs: 10, state: 'stored' },
      { startMs: 10, endMs: 20, state: 'missing' },
      { startMs: 20, endMs: 30, state: 'spooled' },
    ] as const;
    assert.deepEqual(
      [5, 10, 15, 25, 30].map((at) => nextFootage(pieces, at)),
      [5, 20, 20, 25, undefined],
    );
  });
});

describe('the server’s clock', () => {
  it('is known best from the quickest exchange, and anew when the device’s clock is set', () => {
    const clock = new ServerClock();
    clock.learn(1_000, 1_400, 61_200);
    assert.equal(clock.at(0), 60_000);
    clock.learn(2_000, 2_020, 62_020);
    assert.equal(clock.at(0), 60_010);
    clock.learn(3_000, 3_800, 63_700);
    assert.equal(clock.at(0), 60_010);
    clock.learn(4_000, 4_100, 4_050);
    assert.equal(clock.at(0), 0);
  });
});

describe('the part of the day that is shown', () => {
  const day = { fromMs: 0, toMs: 86_400_000 };
  it('never leaves the day', () => {
    assert.deepEqual(windowAround(day, 100, 3_600_000), { fromMs: 0, toMs: 3_600_000 });
    assert.equal(windowAround(day, 86_400_000, 3_600_000).toMs, 86_400_000);
    assert.deepEqual(windowAround(day, 5, 1e12), day);
  });
  it('has fewer labels on a phone than on a wall', () => {
    assert.ok(tickStep(day, 340) > tickStep(day, 2_400));
    assert.ok(86_400_000 / tickStep(day, 340) <= 6);
  });
});
