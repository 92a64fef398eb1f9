import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Loss, StateRow } from '../../src/continuity/causes.ts';
import { Stretches } from '../../src/continuity/coverage.ts';
import { type KnownTime, sumUp } from '../../src/continuity/sums.ts';
import type { SegmentRecord } from '../../src/model/segment.ts';
import type { Continuity } from '../../src/contract/continuity.ts';
import { unexplained, unknown } from '../../src/continuity/causes.ts';
import { gapCauses, type RecordingState } from '../../src/model/gap-cause.ts';
import { ContinuitySteps } from '../../src/ledger/continuity-steps.ts';
import { CameraTime, door, segmentOf } from './camera-time.ts';

/** All times are multiples of it, so that a reference can look at each. */
const tick = 100;
const ticks = 2400;

interface Hole extends Loss {
  readonly isHole: boolean;
}

interface World {
  readonly segments: readonly { readonly segment: SegmentRecord; readonly isStored: boolean }[];
  readonly losses: readonly Hole[];
  readonly states: readonly StateRow[];
}

/** mulberry32: the same numbers for the same seed. */
function chance(seed: number): (below: number) => number {
  let a = seed;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

function makeWorld(seed: number, zeroMs: number): World {
  const any = chance(seed);
  const segments = [];
  const losses: Hole[] = [];
  const cause = () => gapCauses[any(gapCauses.length)] ?? 'unexplained';
  for (let at = any(100); at < ticks; ) {
    const length = 3 + any(150);
    const startMs = zeroMs + at * tick;
    segments.push({ segment: segmentOf(startMs, startMs + length * tick), isStored: any(3) > 0 });
    if (any(4) === 0 && length > 10) {
      // Strictly inside.
      const from = 1 + any(length - 3);
      const holeMs = startMs + from * tick;
      const endMs = holeMs + (1 + any(length - from - 2)) * tick;
      losses.push({ startMs: holeMs, endMs, cause: cause(), detail: `hole ${at}`, isHole: true });
    }
    at += length + [0, 0, any(10), -any(Math.min(length, 30)), any(400), any(30)][any(6)]!;
  }
  for (let n = any(4); n > 0; n -= 1) {
    const startMs = zeroMs + any(ticks) * tick;
    const endMs = startMs + (1 + any(200)) * tick;
    losses.push({ startMs, endMs, cause: cause(), detail: `loss ${n}`, isHole: false });
  }
  const states: StateRow[] = [];
  for (let at = 1 + any(300), n = 0; at < ticks; at += 1 + any(any(2) === 0 ? 30 : 400), n += 1) {
    const state: RecordingState = any(2) === 0 ? 'recording' : cause();
    states.push({ atMs: zeroMs + at * tick, state, detail: `state ${n}` });
  }
  losses.sort((a, b) => a.startMs - b.startMs || b.endMs - a.endMs);
  return { segments, losses, states };
}

/** What each tick is: `stored`, `spooled`, or the cause and detail of its being missing. */
function reference({ segments, losses, states }: World, zeroMs: number): string[] {
  const has = (from: number, to: number, ms: number) => from <= ms && ms < to;
  const places = Array.from({ length: ticks }, (_, i) => {
    const ms = zeroMs + i * tick;
    const here = segments.filter(({ segment: { startMs, durationMs } }) =>
      has(startMs, startMs + durationMs, ms),
    );
    const holes = losses.filter(({ isHole, startMs, endMs }) => isHole && has(startMs, endMs, ms));
    if (here.length <= holes.length) return 'missing';
    return here.some(({ isStored }) => isStored) ? 'stored' : 'spooled';
  });
  const causeAt = (ms: number, from: number, to: number): string => {
    const loss = losses.findLast(({ startMs, endMs }) => has(startMs, endMs, ms));
    if (loss !== undefined) return `${loss.cause}: ${loss.detail}`;
    const now = states.findLast(({ atMs }) => atMs <= ms);
    if (now === undefined) return `unexplained: ${unknown.detail}`;
    if (now.state !== 'recording') return `${now.state}: ${now.detail}`;
    const next = states.find(({ atMs, state }) => atMs > ms && state !== 'recording');
    if (next !== undefined && next.atMs <= to + 30_000) return `${next.state}: ${next.detail}`;
    const last = states.findLast(({ atMs, state }) => atMs <= ms && state !== 'recording');
    const since = states.find(({ atMs }) => atMs > (last?.atMs ?? Infinity));
    if (last !== undefined && since !== undefined && since.atMs >= from - 30_000) {
      return `${last.state}: ${last.detail}`;
    }
    return `unexplained: ${unexplained.detail}`;
  };
  const result: string[] = [...places];
  for (let i = 0; i < ticks; ) {
    let end = i;
    while (end < ticks && places[end] === 'missing') end += 1;
    const [from, to] = [zeroMs + i * tick, zeroMs + end * tick];
    const isSeam =
      i > 0 &&
      end < ticks &&
      to - from <= 1000 &&
      !states.some(({ atMs }) => atMs >= from - 1000 && atMs <= to + 1000) &&
      !losses.some(({ startMs, endMs }) => startMs < to && endMs > from);
    for (let at = i; at < end; at += 1) {
      result[at] = isSeam ? (places[i - 1] ?? '') : causeAt(zeroMs + at * tick, from, to);
    }
    i = Math.max(end, i + 1);
  }
  return result;
}

function check(
  world: string[],
  zeroMs: number,
  found: Omit<Continuity, 'segments'>,
  name: string,
): void {
  const { fromMs, toMs, gaps } = found;
  assert.equal(found.storedMs + found.spooledMs + found.missingMs, toMs - fromMs, name);
  const part = world.slice((fromMs - zeroMs) / tick, (toMs - zeroMs) / tick);
  const count = (place: string) => part.filter((one) => one === place).length * tick;
  assert.deepEqual([found.storedMs, found.spooledMs], [count('stored'), count('spooled')], name);
  const missing = part.map((one) => (one === 'stored' || one === 'spooled' ? '' : one));
  const said = Array.from({ length: part.length }, () => '');
  for (const { startMs, endMs, cause, detail } of gaps) {
    assert.ok(startMs < endMs, name);
    said.fill(`${cause}: ${detail}`, (startMs - fromMs) / tick, (endMs - fromMs) / tick);
  }
  assert.deepEqual(said, missing, name);
  const inGaps = gaps.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const inCauses = found.causes.reduce((sum, { missingMs }) => sum + missingMs, 0);
  assert.deepEqual([inGaps, inCauses], [found.missingMs, found.missingMs], name);
}

describe('continuity of any footage, states and losses', () => {
  it('is what looking at each moment by itself gives', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const world = makeWorld(seed, 0);
      const footage = { stored: new Stretches(), spooled: new Stretches(), holes: new Stretches() };
      for (const { segment, isStored } of world.segments.toReversed()) {
        const { startMs, durationMs } = segment;
        footage[isStored ? 'stored' : 'spooled'].add(startMs, startMs + durationMs);
      }
      for (const { isHole, startMs, endMs } of world.losses) {
        if (isHole) footage.holes.add(startMs, endMs);
      }
      const known: KnownTime = { ...world, footage, fromMs: 0, toMs: ticks * tick };
      const expected = reference(world, 0);
      check(expected, 0, sumUp(known, 0, ticks * tick), `seed ${seed}`);
      const any = chance(seed);
      const fromMs = any(ticks) * tick;
      check(
        expected,
        0,
        sumUp(known, fromMs, fromMs + any(ticks - fromMs / tick) * tick),
        `part of seed ${seed}`,
      );
    }
  });

  it('comes from the ledger the same for the whole, for each part, and in steps', async () => {
    const zeroMs = Date.UTC(2027, 2, 1);
    for (let seed = 1; seed <= 25; seed += 1) {
      using time = new CameraTime(zeroMs);
      const made = makeWorld(seed, zeroMs);
      const first: StateRow = { atMs: zeroMs, state: 'never connected', detail: '' };
      const world = { ...made, states: [first, ...made.states] };
      for (const { segment, isStored } of world.segments) {
        if (isStored) time.ledger.segments.stored(segment, { key: 'k' });
        else time.ledger.segments.spooled(segment);
      }
      for (const { atMs, state, detail } of made.states) time.note(state, detail, atMs);
      for (const { startMs, endMs, cause, detail, isHole } of world.losses) {
        const stretch = { ...door, startMs, durationMs: endMs - startMs };
        if (isHole) time.ledger.segments.noteHole(stretch, cause, detail);
        else time.ledger.segments.lost({ ...segmentOf(startMs, endMs) }, cause, detail);
      }
      time.nowMs = zeroMs + ticks * tick;
      const expected = reference(world, zeroMs);
      check(expected, zeroMs, time.continuity(0, Infinity), `seed ${seed}`);
      const any = chance(seed);
      const steps = new ContinuitySteps(time.ledger.continuity, 1 + any(5));
      for (const [fromMs, toMs] of [
        [0, Infinity],
        [zeroMs + any(ticks) * tick, zeroMs + any(ticks) * tick + 1],
        [zeroMs - 5 * tick, zeroMs - tick],
        [time.nowMs + 1, time.nowMs + tick],
      ] as const) {
        const range = {
          fromMs,
          toMs: Math.max(fromMs, toMs),
          nowMs: time.nowMs,
          isRecording: true,
        };
        const what = `steps of seed ${seed} from ${fromMs - zeroMs} to ${toMs - zeroMs}`;
        const { continuity } = time.ledger;
        assert.deepEqual(await steps.sum(door, range), continuity.sum(door, range), what);
        assert.deepEqual(await steps.timeline(door, range), continuity.timeline(door, range), what);
      }
      for (let fromMs = zeroMs; fromMs < time.nowMs; ) {
        const toMs = fromMs + (1 + any(600)) * tick;
        check(
          expected,
          zeroMs,
          time.continuity(fromMs, toMs),
          `seed ${seed} from ${fromMs - zeroMs}`,
        );
        fromMs = toMs;
      }
    }
  });
});
