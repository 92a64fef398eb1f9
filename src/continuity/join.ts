import type { Continuity, Gap } from '../contract/continuity.ts';
import type { Timeline, TimelinePiece } from '../model/continuity.ts';
import { addGap } from './causes.ts';
import { sumCauses } from './sums.ts';

type Sums = Pick<Timeline, 'fromMs' | 'toMs' | 'storedMs' | 'spooledMs' | 'missingMs'>;

function joinedSums(parts: readonly Sums[]): Sums {
  const sums = { fromMs: 0, toMs: 0, storedMs: 0, spooledMs: 0, missingMs: 0 };
  for (const [i, part] of parts.entries()) {
    if (i === 0) sums.fromMs = part.fromMs;
    // A part after the camera's time is empty, and lies after its end.
    if (i === 0 || part.toMs > part.fromMs) sums.toMs = part.toMs;
    sums.storedMs += part.storedMs;
    sums.spooledMs += part.spooledMs;
    sums.missingMs += part.missingMs;
  }
  return sums;
}

/** The continuity of ranges of which each follows the one before. */
export function joined(parts: readonly Continuity[]): Continuity {
  const gaps: Gap[] = [];
  const segments = { stored: 0, spooled: 0 };
  for (const part of parts) {
    for (const gap of part.gaps) addGap(gaps, gap);
    segments.stored += part.segments.stored;
    segments.spooled += part.segments.spooled;
  }
  return { ...joinedSums(parts), gaps, causes: sumCauses(gaps), segments };
}

/** The timeline of ranges of which each follows the one before. */
export function joinedTimeline(parts: readonly Timeline[]): Timeline {
  const pieces: TimelinePiece[] = [];
  for (const part of parts) {
    for (const [i, piece] of part.pieces.entries()) {
      const last = pieces.at(-1);
      if (i === 0 && last !== undefined && continues(last, piece)) {
        pieces[pieces.length - 1] = { ...last, endMs: piece.endMs };
      } else pieces.push(piece);
    }
  }
  return { ...joinedSums(parts), pieces };
}

const continues = (one: TimelinePiece, next: TimelinePiece): boolean =>
  one.state === next.state && one.cause === next.cause && one.detail === next.detail;
