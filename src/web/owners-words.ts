import type { Gap, TimelinePiece } from '../model/continuity.ts';

// Details are for operators: there may be addresses and programs of the server in them.

interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

/** As owners get them; what then is the same becomes one. */
export const piecesForOwners = (
  pieces: readonly TimelinePiece[],
): Omit<TimelinePiece, 'detail'>[] =>
  joined(
    pieces.map((piece) => {
      const { detail: _, ...told } = piece;
      return told;
    }),
    (one, next) => one.state === next.state && one.cause === next.cause,
  );

/** Likewise. */
export const gapsForOwners = (gaps: readonly Gap[]): Gap[] =>
  joined(
    gaps.map((gap) => ({ ...gap, detail: '' })),
    (one, next) => one.cause === next.cause,
  );

/** Those that follow one another without a break and are the same become one. */
function joined<T extends Stretch>(all: readonly T[], isSame: (one: T, next: T) => boolean): T[] {
  const told: T[] = [];
  for (const next of all) {
    const last = told.at(-1);
    if (last?.endMs === next.startMs && isSame(last, next)) {
      told[told.length - 1] = { ...last, endMs: next.endMs };
    } else {
      told.push(next);
    }
  }
  return told;
}
