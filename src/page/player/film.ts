import type { OwnersPiece } from '../../contract/continuity.ts';
import type { Span } from '../time/zone.ts';

const beforeMs = 60_000;
const afterMs = 3_600_000;

/** The span to open for a moment. Not the whole day, as the server may have to read each segment first. */
export const filmAround = (day: Span, atMs: number): Span => ({
  fromMs: Math.max(day.fromMs, atMs - beforeMs),
  toMs: Math.min(day.toMs, atMs + afterMs),
});

/** The moment, or the end of the gap around it; undefined if there is no footage after it. */
export function nextFootage(pieces: readonly OwnersPiece[], atMs: number): number | undefined {
  const piece = pieces.find(({ state, endMs }) => state !== 'missing' && endMs > atMs);
  return piece === undefined ? undefined : Math.max(atMs, piece.startMs);
}
