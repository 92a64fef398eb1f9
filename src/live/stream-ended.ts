/** Why a stream ended. The message is shown to viewers. */
export class StreamEndedError extends Error {
  override name = 'StreamEndedError';
}
