import type { Log } from '../lib/log.ts';
import type { Segment } from '../model/segment.ts';
import type { DiskLimits } from './limits.ts';

export interface SpoolOptions {
  readonly directory: string;
  readonly log: Log;
  /** Whether the caller holds the lock of lockSpool(); else the spool takes it itself. */
  readonly isLocked?: boolean;
  /** Between two scans of the whole directory; 5 s unless given. Longer if scans are slow. */
  readonly rescanMs?: number;
  readonly disk?: DiskLimits;
  /** Between two measurements of the disk; 2 s unless given. Longer if measuring is slow. */
  readonly measureMs?: number;
  /**
   * Notes that a segment is dropped for lack of room. The file is deleted only after this resolves;
   * if it doesn't, it is called again, by the next process too. May be called twice for a segment.
   */
  readonly onDropped?: (segment: Segment) => Promise<void> | void;
  /** Notes that a segment was deleted by someone else. */
  readonly onVanished?: (segment: Segment) => void;
}
