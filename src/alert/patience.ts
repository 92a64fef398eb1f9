const minute = 60_000;

/** After a camera's first stop in a while. */
const steadyMs = 2 * minute;
/** For the stops that follow; doubled at each level. */
const settledMs = 5 * minute;
const calmMs = 15 * minute;
const maxLevel = 4;

/**
 * How long a camera's state must last before contacts are told. Each further stop soon after the
 * last gets more patience, so that contacts get one message and then one digest.
 */
export interface Patience {
  /** After this long without footage, contacts are told that the camera stopped. */
  readonly stoppedAfterMs: number;
  /** After this long with footage, contacts are told that the camera records again. */
  readonly steadyAfterMs: number;
  /** A stop this soon after the end of the last one is at the next level. */
  readonly restlessForMs: number;
}

/**
 * @param level 0 for the first stop in a while
 * @param afterMs the camera's setting: time without footage until contacts are told
 * @param steadyAfterMs for level 0; 2 minutes unless given
 */
export function patienceAt(level: number, afterMs: number, steadyAfterMs = steadyMs): Patience {
  if (level === 0) {
    return { stoppedAfterMs: afterMs, steadyAfterMs, restlessForMs: 2 * calmMs };
  }
  const factor = 2 ** (level - 1);
  return {
    stoppedAfterMs: Math.max(afterMs, settledMs * factor),
    steadyAfterMs: calmMs * factor,
    restlessForMs: 2 * calmMs * factor,
  };
}

export const nextLevel = (level: number): number => Math.min(level + 1, maxLevel);
