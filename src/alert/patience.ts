const minute = 60_000;

/** Of the first stop of a camera in a while. */
const steadyMs = 2 * minute;
/** Of those that follow; twice as long at each level. */
const settledMs = 5 * minute;
const calmMs = 15 * minute;
const maxLevel = 4;

/**
 * How long a camera's state must last until it is told. A camera that stops again and again gets
 * more patience each time, so that its contacts get one message and then one digest.
 */
export interface Patience {
  /** Without footage for so long, it is told to have stopped. */
  readonly stoppedAfterMs: number;
  /** With footage for so long, it is told to record again. */
  readonly steadyAfterMs: number;
  /** A stop so soon after the last one's end is at the next level. */
  readonly restlessForMs: number;
}

/**
 * @param level 0 for the first stop in a while
 * @param afterMs the camera's own time without footage until its contacts are told
 * @param steadyAfterMs of level 0; 2 minutes unless given
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
