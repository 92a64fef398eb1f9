import type { SegmentIdentity } from '../lib/segment-name.ts';

export {
  parseSegmentFileName,
  type SegmentIdentity,
  segmentFileName,
} from '../lib/segment-name.ts';

/** A finished file of footage that is not in the spool yet: what the archive stage hands over. */
export interface FinishedFile {
  readonly path: string;
  /** Milliseconds since 1970 UTC of the first picture. */
  readonly startMs: number;
  readonly durationMs: number;
}

/** One finished file of footage in the spool. */
export interface Segment extends SegmentIdentity {
  readonly path: string;
  readonly bytes: number;
}
