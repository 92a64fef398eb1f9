/** A request of RTSP 1.0 (RFC 2326 section 6). */
export interface Request {
  readonly kind: 'request';
  readonly method: string;
  readonly url: string;
  /** Keyed by name in lower case; the values of a header that is repeated are separated by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** As it came, its body too. */
  readonly bytes: Buffer;
}

/** A response (RFC 2326 section 7). */
export interface Response {
  readonly kind: 'response';
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** As it came. */
  readonly bytes: Buffer;
}

/** An interleaved frame (RFC 2326 section 10.12). */
export interface Frame {
  readonly kind: 'frame';
  readonly channel: number;
  /** Includes the four bytes of header. */
  readonly bytes: Buffer;
}

export type Message = Request | Response | Frame;

/** The bytes are no RTSP that we accept. The connection is unusable: the next message can't be found. */
export class ProtocolError extends Error {
  override name = 'ProtocolError';
  readonly status: number;
  /** The protocol that the other side seems to speak. */
  readonly protocol: 'RTSP/1.0' | 'HTTP/1.0';

  constructor(status: number, message: string, protocol: 'RTSP/1.0' | 'HTTP/1.0' = 'RTSP/1.0') {
    super(message);
    this.status = status;
    this.protocol = protocol;
  }
}

const maxHeadBytes = 8 * 1024;
const maxBodyBytes = 64 * 1024;
const maxHeaders = 64;
const maxBlankLines = 8;
/** First byte of an interleaved frame's header. */
const dollar = 0x24;
const carriageReturn = 0x0d;
const nothing = Buffer.alloc(0);

/** Characters allowed in a line. Not a lone CR or LF, which other parsers may take for a line end. */
const lineText = /^[\t\x20-\x7e\x80-\xff]*$/;
const requestLine = /^([!-~]{1,256}) ([!-~]{1,2048}) (RTSP|HTTP)\/(\d\.\d)$/;
const statusLine = /^RTSP\/1\.0 (\d{3})(?: |$)/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
/** Headers that must not be repeated, since two parsers might use different values. */
const saidOnce: ReadonlySet<string> = new Set([
  'authorization',
  'content-length',
  'cseq',
  'session',
  'transport',
]);

type Head = Omit<Request, 'bytes'> | Omit<Response, 'body' | 'bytes'>;
type Start = Omit<Request, 'headers' | 'bytes'> | Pick<Response, 'kind' | 'status'>;

function parseStart(line: string): Start {
  const status = statusLine.exec(line)?.[1];
  if (status !== undefined) return { kind: 'response', status: Number(status) };
  const [, method = '', url = '', protocol, version] = requestLine.exec(line) ?? [];
  if (protocol === undefined) throw new ProtocolError(400, 'not a request of RTSP');
  // Players that fail try RTSP tunnelled in HTTP, and give up only at a 404.
  if (protocol === 'HTTP') throw new ProtocolError(404, 'a request of HTTP', 'HTTP/1.0');
  if (version !== '1.0') throw new ProtocolError(505, 'not version 1.0 of RTSP');
  return { kind: 'request', method, url };
}

/** The text from `from` on. A regular expression for this takes time quadratic in the blanks inside. */
function withoutOuterBlanks(line: string, from: number): string {
  const isBlank = (at: number): boolean => line[at] === ' ' || line[at] === '\t';
  let [start, end] = [from, line.length];
  while (start < end && isBlank(start)) start += 1;
  while (start < end && isBlank(end - 1)) end -= 1;
  return line.slice(start, end);
}

function parseHead(text: string): { head: Head; bodyBytes: number } {
  const [first = '', ...lines] = text.split('\r\n');
  if (lines.length > maxHeaders) throw new ProtocolError(400, 'too many headers');
  if (![first, ...lines].every((line) => lineText.test(line))) {
    throw new ProtocolError(400, 'a control character in the head');
  }
  const start = parseStart(first);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const key = line.slice(0, colon).toLowerCase();
    if (colon < 0 || !headerName.test(key)) {
      throw new ProtocolError(400, 'a line that is not a header');
    }
    if (headers.has(key) && saidOnce.has(key)) throw new ProtocolError(400, `${key} said twice`);
    const before = headers.get(key);
    const value = withoutOuterBlanks(line, colon + 1);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  const length = headers.get('content-length') ?? '0';
  if (headers.has('transfer-encoding') || !/^\d{1,9}$/.test(length)) {
    throw new ProtocolError(400, 'a body whose length is not clear');
  }
  if (Number(length) > maxBodyBytes) throw new ProtocolError(413, 'the body is too long');
  return { head: { ...start, headers }, bodyBytes: Number(length) };
}

/**
 * Splits the bytes of an RTSP connection into messages. Strict, since a message that another parser reads
 * differently could bypass the password. Memory is bounded: keeps at most one incomplete head of 8 KiB,
 * body of 64 KiB or frame of 64 KiB.
 */
export class MessageReader {
  #rest: Buffer = nothing;
  /** Room behind the rest, so that a message that comes in many pieces is not copied for each of them. */
  #room: Buffer = nothing;
  /** So many bytes of the rest are known not to end a head. */
  #searched = 0;
  #open: { head: Head; headBytes: Buffer; bodyBytes: number } | undefined;

  /** What was not understood, from its beginning, after {@link read} has thrown. */
  get unread(): Buffer {
    return this.#rest;
  }

  /**
   * Yields the messages that this chunk completes. The caller must exhaust the generator.
   *
   * @throws {ProtocolError} the connection can't be read any further
   */
  *read(chunk: Buffer): Generator<Message> {
    const bytes = this.#rest.length === 0 ? chunk : this.#joined(chunk);
    let at = 0;
    while (at < bytes.length) {
      this.#rest = bytes.subarray(at);
      const end = this.#open === undefined ? this.#startsAt(bytes, at) : at;
      if (end === undefined) break;
      at = end;
      if (this.#open !== undefined) {
        const { head, headBytes, bodyBytes } = this.#open;
        if (bytes.length - at < bodyBytes) break;
        const body = bytes.subarray(at, at + bodyBytes);
        at += bodyBytes;
        this.#open = undefined;
        const whole = Buffer.concat([headBytes, body]);
        if (head.kind === 'request') yield { ...head, bytes: whole };
        else yield { ...head, body: body.toString('utf8'), bytes: whole };
      } else if (bytes[at] === dollar) {
        if (bytes.length - at < 4) break;
        const next = at + 4 + bytes.readUInt16BE(at + 2);
        if (next > bytes.length) break;
        const frame = bytes.subarray(at, next);
        at = next;
        yield { kind: 'frame', channel: frame.readUInt8(1), bytes: frame };
      }
    }
    this.#rest = bytes.subarray(at);
    if (at > 0) {
      this.#room = nothing;
      this.#searched = 0;
    }
  }

  /** The rest and what came after it. */
  #joined(chunk: Buffer): Buffer {
    const before = this.#rest.length;
    const length = before + chunk.length;
    if (this.#room.length < length) {
      this.#room = Buffer.allocUnsafe(Math.max(length, 2 * before));
      this.#rest.copy(this.#room);
    }
    chunk.copy(this.#room, before);
    return this.#room.subarray(0, length);
  }

  /** Skips blank lines and parses a head; returns the offset after it, or undefined if bytes are missing. */
  #startsAt(bytes: Buffer, start: number): number | undefined {
    let at = start;
    for (; bytes[at] === carriageReturn; at += 2) {
      if (at + 1 === bytes.length) return undefined;
      if (bytes[at + 1] !== 0x0a || at - start >= 2 * maxBlankLines) {
        throw new ProtocolError(400, 'not a request of RTSP');
      }
    }
    if (at >= bytes.length || bytes[at] === dollar) return at;
    const end = bytes.indexOf('\r\n\r\n', Math.max(at, this.#searched));
    if ((end < 0 ? bytes.length : end) - at > maxHeadBytes) {
      throw new ProtocolError(400, 'the head is too long');
    }
    if (end < 0) {
      this.#searched = bytes.length - 3;
      return undefined;
    }
    const headBytes = bytes.subarray(at, end + 4);
    this.#open = { ...parseHead(bytes.toString('latin1', at, end)), headBytes };
    return end + 4;
  }
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  461: 'Unsupported Transport',
  500: 'Internal Server Error',
  505: 'RTSP Version not supported',
  551: 'Option not supported',
};

export interface Answer {
  readonly status: number;
  /** Replaces the status code's usual phrase, as some players show it. */
  readonly reason?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** Formats a message. Throws if a control character would break its head in two. */
export function formatMessage(
  start: string,
  headers: readonly (readonly [name: string, value: string])[],
  body = '',
): Buffer {
  const lengths = body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body))] as const];
  const lines = [
    start,
    ...[...headers, ...lengths].map(([name, value]) => `${name}: ${value}`),
    '\r\n',
  ];
  if (!lines.slice(0, -1).every((line) => lineText.test(line))) {
    throw new Error('a control character in the head of a message');
  }
  return Buffer.from(lines.join('\r\n') + body, 'utf8');
}

export const formatAnswer = (
  { status, reason, headers = [], body }: Answer,
  cseq: string | undefined,
  protocol = 'RTSP/1.0',
): Buffer =>
  formatMessage(
    `${protocol} ${status} ${reason ?? reasons[status] ?? 'Error'}`,
    [...(cseq === undefined ? [] : [['CSeq', cseq] as const]), ...headers],
    body,
  );
