import type { GapCause } from './gap-cause.ts';

/** Where the footage of a time is. */
export type FootageState = 'stored' | 'spooled' | 'missing';

/** A stretch of a camera's time that is all in one state, from `startMs` to just before `endMs`. */
export interface TimelinePiece {
  readonly startMs: number;
  readonly endMs: number;
  readonly state: FootageState;
  /** Of what is missing. */
  readonly cause?: GapCause;
  readonly detail?: string;
}

/** {@link Continuity}, in the order of time and without seams. */
export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  readonly storedMs: number;
  readonly spooledMs: number;
  readonly missingMs: number;
  readonly pieces: readonly TimelinePiece[];
}

export interface ContinuityRange {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly nowMs: number;
  /** Whether footage of the camera is being written now, to a file that is no segment yet. */
  readonly isRecording: boolean;
  /** Whether a range before it is summed up too: segments that reach into this one are counted there. */
  readonly isContinued?: boolean;
}

export interface DaySum {
  readonly storedMs: number;
  readonly spooledMs: number;
  readonly missingMs: number;
}

export interface Days {
  readonly days: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly nowMs: number;
  /** Whether footage is being written now, to a file that is no segment yet. */
  readonly isRecording: boolean;
}
