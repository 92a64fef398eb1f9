import type { Gap, TimelinePiece } from '../../ledger/types.ts';

// Details are for operators: there may be addresses and programs of the server in them.

/** As owners get them; what then is the same becomes one. */
export function piecesForOwners(pieces: readonly TimelinePiece[]): Omit<TimelinePiece, 'detail'>[] {
  const told: Omit<TimelinePiece, 'detail'>[] = [];
  for (const { detail: _, ...piece } of pieces) {
    const last = told.at(-1);
    if (last?.endMs === piece.startMs && last.state === piece.state && last.cause === piece.cause) {
      told[told.length - 1] = { ...last, endMs: piece.endMs };
    } else {
      told.push(piece);
    }
  }
  return told;
}

/** Likewise. */
export function gapsForOwners(gaps: readonly Gap[]): Gap[] {
  const told: Gap[] = [];
  for (const gap of gaps) {
    const last = told.at(-1);
    if (last?.endMs === gap.startMs && last.cause === gap.cause) {
      told[told.length - 1] = { ...last, endMs: gap.endMs };
    } else {
      told.push({ ...gap, detail: '' });
    }
  }
  return told;
}
