import type { TimelinePiece } from '../model/continuity.ts';
import type { Gap } from '../contract/continuity.ts';

// Details are for operators: there may be addresses and programs of the server in them.

/** Pieces as owners get them: without details; neighbours that are the same then are joined. */
export const piecesForOwners = (pieces: readonly TimelinePiece[]): TimelinePiece[] =>
  joined(
    pieces.map(({ startMs, endMs, state, cause }) => ({ startMs, endMs, state, cause })),
    (one, next) => one.state === next.state && one.cause === next.cause,
  );

/** Gaps as owners get them, likewise. */
export const gapsForOwners = (gaps: readonly Gap[]): Gap[] =>
  joined(
    gaps.map((gap) => ({ ...gap, detail: '' })),
    (one, next) => one.cause === next.cause,
  );

function joined<T extends { readonly startMs: number; readonly endMs: number }>(
  all: readonly T[],
  isSame: (one: T, next: T) => boolean,
): T[] {
  const found: T[] = [];
  for (const next of all) {
    const last = found.at(-1);
    if (last?.endMs === next.startMs && isSame(last, next)) {
      found[found.length - 1] = { ...last, endMs: next.endMs };
    } else {
      found.push(next);
    }
  }
  return found;
}
