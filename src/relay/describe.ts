import { once } from 'node:events';
import { connect } from 'node:net';
import { TimeoutError, within } from '../lib/until.ts';

export interface Description {
  /** Status code of RTSP (RFC 2326 section 7.1.1); 0 if the answer isn't RTSP. */
  readonly status: number;
  /** The session description; empty unless the status is 200. */
  readonly sdp: string;
}

const maxReplyBytes = 65_536;

/** The answer in `text`, once it is complete. */
function parseReply(text: string): Description | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd);
  const [, status] = /^RTSP\/1\.0 (\d{3})/.exec(head) ?? [];
  if (status === undefined) return { status: 0, sdp: '' };
  const bodyBytes = Number(/^Content-Length: *(\d+)/im.exec(head)?.[1] ?? 0);
  const body = text.slice(headEnd + 4);
  return body.length < bodyBytes ? undefined : { status: Number(status), sdp: body };
}

/**
 * Asks an RTSP server on 127.0.0.1 what it has (RFC 2326 section 10.2).
 *
 * @returns undefined when nobody listens or no whole answer comes within `ms`
 */
export async function describe(
  url: string,
  ms: number,
  signal: AbortSignal,
): Promise<Description | undefined> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) });
  try {
    return await within(ms, 'DESCRIBE', signal, async (waiting) => {
      await once(socket, 'connect', { signal: waiting });
      socket.write(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n`);
      let text = '';
      for await (const chunk of socket.setEncoding('latin1')) {
        text += String(chunk);
        const reply = parseReply(text);
        if (reply !== undefined || text.length > maxReplyBytes) return reply;
      }
      return undefined;
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TimeoutError || (error instanceof Error && 'code' in error)) {
      return undefined;
    }
    throw error;
  } finally {
    // A late error must not find the socket without a listener.
    socket.on('error', () => {});
    socket.destroy();
  }
}
