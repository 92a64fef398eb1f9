import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { errorCode } from '../../lib/errors.ts';
import { within } from '../../lib/until.ts';
import { SendError } from '../channel.ts';

/** Timeouts for carriers, in milliseconds. */
export interface CarrierPatience {
  /** For connecting, with TLS. */
  readonly connectMs: number;
  /** For the whole exchange. */
  readonly totalMs: number;
}

export const defaultPatience: CarrierPatience = { connectMs: 5_000, totalMs: 20_000 };

export interface CarrierRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Undefined headers are not sent. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  /** PEM certificates of the authorities to trust; the system's unless given. */
  readonly ca?: readonly string[];
  readonly patience?: CarrierPatience;
}

export interface CarrierAnswer {
  readonly status: number;
  /** The beginning of the body, at most {@link maxAnswerBytes}. */
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
}

const maxAnswerBytes = 64 * 1024;
const maxHeaderBytes = 16 * 1024;

/**
 * One request on its own connection. Never retried here, because the caller must know whether the
 * request went out. Doesn't follow redirects. Reads only the beginning of a long response.
 *
 * @throws {SendError} without the URL's path, which may contain secrets
 */
export async function exchange(
  request: CarrierRequest,
  signal: AbortSignal,
): Promise<CarrierAnswer> {
  const url = URL.parse(request.url);
  if (url === null) throw new SendError('the address is not a URL', { kind: 'refused' });
  const progress = { connected: false };
  const { totalMs } = request.patience ?? defaultPatience;
  try {
    return await within(totalMs, 'the answer', signal, (limit) =>
      once(url, request, limit, progress),
    );
  } catch (error) {
    throw new SendError(
      progress.connected
        ? `${url.host} gave no answer: ${reason(error)}`
        : `${url.host} can't be reached: ${reason(error)}`,
      { kind: 'temporary', maybeSent: progress.connected },
    );
  }
}

function once(
  url: URL,
  { method, headers, body, ca, patience = defaultPatience }: CarrierRequest,
  signal: AbortSignal,
  progress: { connected: boolean },
): Promise<CarrierAnswer> {
  const secure = url.protocol === 'https:';
  const { promise, resolve, reject } = Promise.withResolvers<CarrierAnswer>();
  const outgoing = (secure ? httpsRequest : httpRequest)(url, {
    method,
    signal,
    agent: false,
    maxHeaderSize: maxHeaderBytes,
    headers: { 'User-Agent': 'sapiengraph-cctv' },
    ca: ca === undefined ? undefined : [...ca],
  });
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (value !== undefined) outgoing.setHeader(name, value);
  }
  if (body !== undefined) outgoing.setHeader('Content-Length', Buffer.byteLength(body));
  const connecting = setTimeout(
    () => outgoing.destroy(new Error(`connecting took longer than ${patience.connectMs / 1000} s`)),
    patience.connectMs,
  );
  const settled = (): void => clearTimeout(connecting);
  // The socket holds the request back until it is connected; with TLS, until the server's
  // certificate is verified.
  outgoing.once('socket', (socket) =>
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      progress.connected = true;
      settled();
    }),
  );
  outgoing.once('close', settled);
  outgoing.on('error', reject);
  outgoing.once('response', (response) => {
    readBeginning(response).then((text) => {
      resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
      outgoing.destroy();
    }, reject);
  });
  outgoing.end(body);
  return promise;
}

/** A body that is cut off is no failure: the status, which came first, says enough. */
async function readBeginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= maxAnswerBytes) break;
    }
  } catch (error) {
    if (errorCode(error) === 'ABORT_ERR') throw error;
  }
  return Buffer.concat(chunks).subarray(0, maxAnswerBytes).toString('utf8');
}

/** What went wrong on the wire. Gives the cause of an abort instead of "aborted". */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const code = errorCode(error);
  if (code === 'ABORT_ERR' && error.cause instanceof Error) return reason(error.cause);
  if (code?.startsWith('HPE_') === true) return `it does not speak HTTP (${code})`;
  // If several addresses were tried, the message is empty.
  return error.message === '' ? (code ?? error.name) : error.message;
}
