import type { AccessUnit } from './depacketizer.ts';

/** Takes a stream of H.264. */
export interface PictureSink {
  /** NAL units that were told beside the stream. */
  describe(parameterSets: readonly Buffer[]): void;
  unit(unit: AccessUnit): void;
  /** Something is missing. */
  lost(): void;
}
