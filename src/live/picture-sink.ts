import type { AccessUnit } from '../media/h264/depacketizer.ts';

/** Takes a stream of H.264. */
export interface PictureSink {
  /** NAL units that were told beside the stream. */
  describe(parameterSets: readonly Buffer[]): void;
  unit(unit: AccessUnit): void;
  /** Something is missing. */
  lost(): void;
}

/** A stream ended that we did not end. The message says why, for the viewers. */
export class StreamEndedError extends Error {
  override name = 'StreamEndedError';
}
