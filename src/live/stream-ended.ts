/** A stream ended that we did not end. The message says why, for the viewers. */
export class StreamEndedError extends Error {
  override name = 'StreamEndedError';
}
