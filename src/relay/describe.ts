import { RtspClient, RtspRefusalError } from '../media/rtsp/client.ts';
import { TimeoutError, within } from '../lib/until.ts';

/** A server's answer to DESCRIBE. */
export interface DescribeAnswer {
  /** Status code (RFC 2326 section 7.1.1). */
  readonly status: number;
  /** The session description; empty unless the status is 200. */
  readonly sdp: string;
}

/**
 * Sends DESCRIBE to an RTSP server on 127.0.0.1 (RFC 2326 section 10.2).
 *
 * @returns undefined if nobody listens, or no complete answer comes within `ms`
 */
export async function describe(
  url: string,
  ms: number,
  signal: AbortSignal,
): Promise<DescribeAnswer | undefined> {
  await using client = new RtspClient(url, { onFrame() {}, onFrames() {}, onGone() {} });
  try {
    return { status: 200, sdp: await within(ms, 'DESCRIBE', signal, () => client.describe()) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TimeoutError) return undefined;
    if (!(error instanceof RtspRefusalError)) throw error;
    return error.status === undefined ? undefined : { status: error.status, sdp: '' };
  }
}
