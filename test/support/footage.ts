import assert from 'node:assert/strict';
import type { Gap } from '../../src/contract/continuity.ts';
import type { GapCause } from '../../src/model/gap-cause.ts';
import type { FrameStamp } from '../stand-ins/rtsp/frame-stamp.ts';
import type { StoredSegment } from './site.ts';

/** What lies between a segment and the next, in ms: positive is footage missing, negative is footage twice. */
export function seams(segments: readonly StoredSegment[]): number[] {
  return segments.slice(1).map((next, i) => {
    const before = segments[i];
    assert.ok(before);
    return next.startMs - (before.startMs + before.durationMs);
  });
}

/** Fails if any two segments overlap by more than `toleranceMs`, or are the same. */
export function assertNothingTwice(segments: readonly StoredSegment[], toleranceMs: number): void {
  assert.equal(new Set(segments.map(({ sha256 }) => sha256)).size, segments.length);
  for (const [i, seam] of seams(segments).entries()) {
    assert.ok(
      seam >= -toleranceMs,
      `${segments[i + 1]?.key} begins ${-seam} ms before the end of the one before it`,
    );
  }
}

/**
 * Fails unless each picture that a camera sent is in its footage once, in their order, from the first
 * that is there to the last. When they came is no matter: on a busy machine any may come late.
 */
export function assertEachOnce(name: string, pictures: readonly FrameStamp[]): void {
  assert.ok(pictures.length > 0, `${name} has no picture`);
  const first = pictures[0]?.picture ?? 0;
  const wrong = pictures.findIndex(({ picture }, i) => picture !== first + i);
  assert.equal(
    wrong,
    -1,
    `${name}: picture ${pictures[wrong]?.picture} comes after ${pictures[wrong - 1]?.picture}`,
  );
}

/** The ledger takes what is shorter for a seam between two files. */
const seamMs = 1_000;

/** Fails unless all that is missing between the segments is a gap in the ledger, of one of these causes. */
export function assertExplained(
  segments: readonly StoredSegment[],
  gaps: readonly Gap[],
  causes: readonly GapCause[],
): void {
  for (const [i, missing] of seams(segments).entries()) {
    const [before, next] = [segments[i], segments[i + 1]];
    assert.ok(before && next);
    if (missing <= seamMs) continue;
    const fromMs = before.startMs + before.durationMs;
    const within = gaps.filter(({ startMs, endMs }) => startMs < next.startMs && endMs > fromMs);
    assert.equal(within[0]?.startMs, fromMs);
    assert.equal(within.at(-1)?.endMs, next.startMs);
    for (const [j, { startMs, cause }] of within.entries()) {
      assert.ok(causes.includes(cause), `${cause}: ${JSON.stringify(within)}`);
      if (j > 0) assert.equal(startMs, within[j - 1]?.endMs);
    }
  }
}
