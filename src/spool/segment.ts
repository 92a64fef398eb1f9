import type { SegmentIdentity } from '../lib/segment-name.ts';

export {
  parseSegmentFileName,
  type SegmentIdentity,
  segmentFileName,
} from '../lib/segment-name.ts';

/** A stretch of a file in which no picture was taken. */
export interface Hole {
  /** Milliseconds since 1970 UTC. */
  readonly startMs: number;
  readonly durationMs: number;
}

/** A finished file of footage that is not in the spool yet: what the archive stage hands over. */
export interface FinishedFile {
  readonly path: string;
  /** Milliseconds since 1970 UTC of the first picture. */
  readonly startMs: number;
  readonly durationMs: number;
  /** In the order of time, and far longer than pictures usually are apart; none unless given. */
  readonly holes?: readonly Hole[];
}

/** One finished file of footage in the spool. */
export interface Segment extends SegmentIdentity {
  readonly path: string;
  readonly bytes: number;
}
