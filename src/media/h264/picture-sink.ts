import type { AccessUnit } from './depacketizer.ts';

/** Receives an H.264 stream. */
export interface PictureSink {
  /** Takes NAL units that were sent outside the stream. */
  describe(parameterSets: readonly Buffer[]): void;
  unit(unit: AccessUnit): void;
  /** Data is missing. */
  lost(): void;
}
