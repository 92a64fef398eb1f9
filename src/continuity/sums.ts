import type { GapCause } from '../model/gap-cause.ts';
import { addGap, Causes, type Loss, type StateRow } from './causes.ts';
import { type Footage, piecesOf } from './coverage.ts';
import type { FootageState, TimelinePiece } from '../model/continuity.ts';
import type { CauseSum, Continuity, Gap } from '../contract/continuity.ts';

/** Between two segments of one recording there may be this much: no camera's clock is exact. */
const seamMs = 1000;

export interface KnownTime {
  readonly footage: Footage;
  /** In the order of time, with the newest before `fromMs`. */
  readonly states: readonly StateRow[];
  /** In the order of their starts. */
  readonly losses: readonly Loss[];
  /** The time that the above is known for: it goes from footage to footage, beyond what is summed up. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Sums up where the time from `fromMs` to `toMs` is. Summing up days gives the same as the whole.
 * Reads nothing and knows no clock.
 */
export function sumUp(
  known: KnownTime,
  fromMs: number,
  toMs: number,
): Omit<Continuity, 'segments'> & { readonly pieces: readonly TimelinePiece[] } {
  const causes = new Causes(known.states, known.losses);
  const sums: Record<FootageState, number> = { stored: 0, spooled: 0, missing: 0 };
  const gaps: Gap[] = [];
  const pieces: TimelinePiece[] = [];
  let before: FootageState | undefined;
  for (const piece of piecesOf(known.footage, known.fromMs, known.toMs)) {
    if (piece.startMs >= toMs) break;
    const isInside = piece.endMs < known.toMs;
    const state = before !== undefined && isInside && isSeam(piece, causes) ? before : piece.state;
    before = piece.state;
    const [startMs, endMs] = [Math.max(piece.startMs, fromMs), Math.min(piece.endMs, toMs)];
    if (endMs <= startMs) continue;
    sums[state] += endMs - startMs;
    if (state !== 'missing') {
      const last = pieces.at(-1);
      if (last?.state !== state) pieces.push({ startMs, endMs, state });
      else pieces[pieces.length - 1] = { ...last, endMs };
      continue;
    }
    const firstGap = gaps.length;
    for (const gap of causes.explain(piece.startMs, piece.endMs)) {
      const clipped = {
        ...gap,
        startMs: Math.max(gap.startMs, fromMs),
        endMs: Math.min(gap.endMs, toMs),
      };
      if (clipped.endMs > clipped.startMs) addGap(gaps, clipped);
    }
    for (const gap of gaps.slice(firstGap)) pieces.push({ state: 'missing', ...gap });
  }
  return {
    fromMs,
    toMs,
    storedMs: sums.stored,
    spooledMs: sums.spooled,
    missingMs: sums.missing,
    gaps,
    pieces,
    causes: sumCauses(gaps),
  };
}

/** A seam belongs to the segment before, whose last picture lasts until the next segment's first. */
const isSeam = ({ startMs, endMs, state }: TimelinePiece, causes: Causes): boolean =>
  state === 'missing' && endMs - startMs <= seamMs && !causes.isNoted(startMs, endMs, seamMs);

/** What is missing by each cause, the one with most missing time first. */
export function sumCauses(gaps: readonly Gap[]): CauseSum[] {
  const sums = new Map<GapCause, CauseSum>();
  for (const { cause, startMs, endMs } of gaps) {
    const { gaps: count, missingMs } = sums.get(cause) ?? { gaps: 0, missingMs: 0 };
    sums.set(cause, { cause, gaps: count + 1, missingMs: missingMs + endMs - startMs });
  }
  return [...sums.values()].toSorted((a, b) => b.missingMs - a.missingMs);
}
