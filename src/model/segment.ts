import type { CameraName } from './camera-name.ts';
import type { SegmentIdentity } from './segment-name.ts';

export {
  parseSegmentFileName,
  type SegmentIdentity,
  segmentFileName,
} from './segment-name.ts';

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
  /** The time since the file before it of the same recording, if pictures are missing there. */
  readonly pauseBefore?: Hole;
}

/** One finished file of footage in the spool. */
export interface Segment extends SegmentIdentity {
  readonly path: string;
  readonly bytes: number;
}

/** What the ledger needs to know of a finished segment. */
export interface SegmentRecord extends CameraName {
  readonly startMs: number;
  readonly durationMs: number;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** How a segment's file begins, before its media: with their description. */
export interface SegmentInit {
  readonly bytes: number;
  /** Of the description, 16 hex digits: those of equal ones are equal. */
  readonly hash: string;
}

/** What the bucket answered for a segment that it holds. */
export interface StoredProof {
  readonly key: string;
  /** Which checksum the store confirmed. */
  readonly checksum?: string;
  readonly etag?: string;
}

/** Where a listing goes on: after this segment. */
export interface SegmentCursor {
  readonly startMs: number;
  readonly sha256: string;
}

/** A segment as players need to know it. Times are milliseconds since 1970 UTC, sizes bytes. */
export interface FootageSegment {
  readonly startMs: number;
  readonly durationMs: number;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
  readonly state: 'spooled' | 'stored';
  readonly objectKey?: string;
  /** Absent: nobody has looked yet. */
  readonly init?: SegmentInit;
}
