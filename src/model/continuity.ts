import type { GapCause } from './gap-cause.ts';
import type { CameraName } from './camera-name.ts';

/** A stretch of a camera's time: from `startMs` on, `durationMs` long. */
export interface Stretch extends CameraName {
  readonly startMs: number;
  readonly durationMs: number;
}

/** A stretch of a camera's time that is all in one place, from `startMs` to just before `endMs`. */
export interface TimelinePiece {
  readonly startMs: number;
  readonly endMs: number;
  readonly state: 'stored' | 'spooled' | 'missing';
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
