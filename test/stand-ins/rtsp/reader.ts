/** A request or response of RTSP 1.0. Header names are in lower case. */
export interface RtspMessage {
  readonly startLine: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** One interleaved frame (RFC 2326 section 10.12). */
export interface Interleaved {
  readonly channel: number;
  /** With its four bytes of header. */
  readonly frame: Buffer;
}

export interface Received {
  readonly messages: readonly RtspMessage[];
  readonly frames: readonly Interleaved[];
}

const maxMessageBytes = 65_536;

function parseHead(head: string): { startLine: string; headers: Map<string, string> } {
  const [startLine = '', ...lines] = head.split(/\r?\n/);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { startLine, headers };
}

/** Cuts what comes over an RTSP connection into messages and interleaved frames. */
export class RtspReader {
  #rest: Buffer = Buffer.alloc(0);

  /** What is complete with this chunk. Throws if it isn't RTSP. */
  push(chunk: Buffer): Received {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const messages: RtspMessage[] = [];
    const frames: Interleaved[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (bytes[at] === 0x24) {
        if (bytes.length - at < 4) break;
        const end = at + 4 + bytes.readUInt16BE(at + 2);
        if (end > bytes.length) break;
        frames.push({ channel: bytes.readUInt8(at + 1), frame: bytes.subarray(at, end) });
        at = end;
        continue;
      }
      const headEnd = bytes.indexOf('\r\n\r\n', at);
      if (headEnd < 0) {
        if (bytes.length - at > maxMessageBytes) throw new Error('not RTSP');
        break;
      }
      const head = parseHead(bytes.toString('latin1', at, headEnd));
      const bodyBytes = Number(head.headers.get('content-length') ?? 0);
      if (!(bodyBytes >= 0 && bodyBytes <= maxMessageBytes)) throw new Error('not RTSP');
      const end = headEnd + 4 + bodyBytes;
      if (end > bytes.length) break;
      messages.push({ ...head, body: bytes.toString('utf8', headEnd + 4, end) });
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return { messages, frames };
  }
}
