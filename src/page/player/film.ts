import type { TimelinePiece } from '../../contract/web.ts';
import type { Span } from '../time/zone.ts';

const beforeMs = 60_000;
const afterMs = 3_600_000;

/**
 * What is opened to see a moment: not the whole day, since the server may have to look into each of its
 * segments first.
 */
export const filmAround = (day: Span, atMs: number): Span => ({
  fromMs: Math.max(day.fromMs, atMs - beforeMs),
  toMs: Math.min(day.toMs, atMs + afterMs),
});

/** The moment, or if it is in a gap the first footage after it; undefined if there is none. */
export function nextFootage(pieces: readonly TimelinePiece[], atMs: number): number | undefined {
  const piece = pieces.find(({ state, endMs }) => state !== 'missing' && endMs > atMs);
  return piece === undefined ? undefined : Math.max(atMs, piece.startMs);
}
