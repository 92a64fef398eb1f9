import assert from 'node:assert/strict';
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

/** Milliseconds without footage between the first segment's start and the last one's end. */
export const missingMs = (segments: readonly StoredSegment[]): number =>
  seams(segments).reduce((sum, seam) => sum + Math.max(0, seam), 0);
