import { neverConnected } from './camera-state.ts';

/**
 * Why there is no footage of a camera for a while, in the words that operators and owners read. A
 * detail in plain words goes with it.
 */
export const gapCauses = [
  /** Enrolled, and has never dialled in. */
  neverConnected,
  /** Its tunnel is gone: closed, timed out, replaced. */
  'camera offline',
  /** It has dialled in, and its first picture is under way. */
  'starting',
  /** It is connected, but its RTSP server refuses, is silent, or has no picture. */
  'camera sent nothing',
  /** Pictures came and ceased. */
  'stream stalled',
  /** The line from the camera carries less than the camera sends. */
  'line too slow',
  'relay died',
  'archiver died',
  'disk full',
  /** The spool's disk takes no writes, or is not there: unmounted, read-only, broken, no rights. */
  'disk unusable',
  /** By the operator, who says how it is reached or recorded from then on. */
  'settings changed',
  /** By the operator. */
  'disabled',
  'daemon down',
  'upgrade',
  /** The daemon was stopped, or the machine suspended: nothing ran here. */
  'server stood still',
  /** This machine can't keep up with all that it is to record. */
  'server overloaded',
  /** This machine's clock was set. */
  'clock jumped',
  /** It was recorded, and its file was damaged or deleted here before it was stored. */
  'segment lost',
  /** It was stored, and its object is not in the bucket any more. */
  'deleted in the bucket',
  /** Nothing was seen that explains it. */
  'unexplained',
] as const;

export type GapCause = (typeof gapCauses)[number];

/** A cause with its detail in plain words. */
export interface ToldCause {
  readonly cause: GapCause;
  readonly detail: string;
}

/** What a camera's recording does from a moment on. */
export type RecordingState = 'recording' | GapCause;

/** What causes were called by earlier versions of this program, whose notes lie in buckets. */
export const formerCauses: ReadonlyMap<string, GapCause> = new Map([
  ['not seen yet', neverConnected],
]);
