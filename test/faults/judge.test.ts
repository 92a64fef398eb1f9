import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Gap } from '../../src/contract/continuity.ts';
import type { ReadSegment } from './bucket.ts';
import { type Inflicted, judge } from './judge.ts';

const camera = 'bach/front-door';
const startMs = Date.parse('2026-11-23T12:00:00Z');
const pictureMs = 200;
const sentMs = (picture: number): number => startMs + picture * pictureMs;

/** A minute of pictures over one connection. */
const sent = [
  { connection: 1, pictures: new Map(Array.from({ length: 300 }, (_, n) => [n, sentMs(n)])) },
];

/** Pictures from one to just before another, as one segment. */
function segment(from: number, to: number, connection = 1): ReadSegment {
  const pictures = Array.from({ length: to - from }, (_, i) => ({
    connection,
    picture: from + i,
    sentMs: sentMs(from + i),
  }));
  const name = `${from}-${to}.mp4`;
  return { key: name, name, camera, startMs: sentMs(from), endMs: sentMs(to), pictures };
}

const killed: Inflicted = {
  name: 'kill -9 of an archiver',
  causes: ['archiver died'],
  camera: undefined,
  fromMs: sentMs(100),
  toMs: sentMs(100),
};

const gap = (from: number, to: number, cause: Gap['cause']): Gap => ({
  startMs: sentMs(from),
  endMs: sentMs(to),
  cause,
  detail: '',
});

describe('the judgement of a fault run', () => {
  it('finds nothing wrong where each picture is there once', () => {
    const segments = [segment(0, 150), segment(150, 300)];
    const verdict = judge({ camera, sent, segments, gaps: [], faults: [] });
    assert.equal(verdict.sent, 300);
    assert.equal(verdict.stored, 300);
    assert.deepEqual([verdict.silent, verdict.unfitting, verdict.duplicates], [[], [], []]);
  });

  it('takes a picture as explained in a gap whose cause fits a fault, and there alone', () => {
    const segments = [segment(0, 100), segment(120, 300)];
    const evidence = { camera, sent, segments, faults: [killed] };
    const fitting = judge({ ...evidence, gaps: [gap(100, 120, 'archiver died')] });
    assert.equal(fitting.explained, 20);
    assert.deepEqual([fitting.silent, fitting.unfitting], [[], []]);
    const unfitting = judge({ ...evidence, gaps: [gap(100, 120, 'disk full')] });
    assert.equal(unfitting.unfitting.length, 20);
    const before = { ...killed, fromMs: sentMs(0) - 600_000, toMs: sentMs(0) - 600_000 };
    const gaps = [gap(100, 120, 'archiver died')];
    assert.equal(judge({ ...evidence, gaps, faults: [before] }).unfitting.length, 20);
  });

  it('knows that footage dated by a clock that was ahead hides a part of the gap', () => {
    const aheadMs = 7_000;
    const early = segment(0, 100);
    const segments = [
      { ...early, startMs: early.startMs + aheadMs, endMs: early.endMs + aheadMs },
      segment(125, 300),
    ];
    const faults = [{ ...killed, name: 'a clock', causes: ['clock jumped' as const] }];
    const setBy = (words: string) => {
      const gaps = [{ ...gap(97, 100, 'clock jumped'), detail: `the clock was set by ${words}` }];
      return judge({ camera, sent, segments, gaps, faults });
    };
    const { explained, silent, unfitting } = setBy('-7.0 s');
    assert.deepEqual([explained, silent, unfitting], [25, [], []]);
    assert.notEqual(setBy('7.0 s').silent.length, 0, 'a clock that is set forth hides nothing');
    const killedGaps = [gap(97, 100, 'archiver died')];
    assert.notEqual(
      judge({ camera, sent, segments, gaps: killedGaps, faults: [killed] }).silent.length,
      0,
    );
  });

  it('finds a picture that is missing in the midst of footage', () => {
    const whole = segment(0, 300);
    const pictures = whole.pictures.filter(({ picture }) => picture !== 200);
    const gaps = [gap(100, 101, 'archiver died')];
    const segments = [{ ...whole, pictures }];
    const verdict = judge({ camera, sent, segments, gaps, faults: [killed] });
    assert.deepEqual(
      verdict.silent.map(({ picture }) => picture),
      [200],
    );
  });

  it('explains what was under way, and came neither before a gap nor after it', () => {
    // Sent long before the gap began, as footage tells: what was held up came all at once.
    const late = segment(0, 50);
    const segments = [{ ...late, endMs: sentMs(150) }, segment(150, 300)];
    const gaps = [gap(150, 160, 'archiver died')];
    const verdict = judge({ camera, sent, segments, gaps, faults: [killed] });
    assert.deepEqual([verdict.explained, verdict.silent], [100, []]);
  });

  it('finds a picture of one connection that is there twice, but not one that came over two', () => {
    const segments = [segment(0, 300), segment(100, 101), segment(200, 201, 2)];
    const verdict = judge({ camera, sent, segments, gaps: [], faults: [] });
    assert.deepEqual(verdict.duplicates, [
      `${camera}: picture 100 of connection 1 is in 0-300.mp4 and 100-101.mp4`,
    ]);
    assert.equal(verdict.fromTwo, 1);
  });
});
