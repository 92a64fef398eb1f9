import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { formatAddress } from '../lib/addresses.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type DeliveryReport, isMessageId } from './channel.ts';

/** A report as it came in. */
export interface ReportRequest {
  /** As the carrier was given it, with the query that it was asked with. */
  readonly url: string;
  readonly query: URLSearchParams;
  /** Of a POST; empty else. */
  readonly form: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

/** Reads one carrier's reports. `forged`: not from the carrier; undefined: it says nothing. */
export type ReportReader = (
  request: ReportRequest,
) => Omit<DeliveryReport, 'messageId'> | 'forged' | undefined;

export interface ReportsOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** What carriers reach it by, without a slash at its end; its own address unless given. */
  readonly baseUrl?: string;
  readonly key: Uint8Array;
  /** By channel. */
  readonly readers: ReadonlyMap<string, ReportReader>;
  /** Carriers send a report again if this fails, and most of them not otherwise. */
  readonly onReport: (channel: string, report: DeliveryReport) => Promise<void> | void;
  readonly log: Log;
}

/** Where carriers tell what became of messages that they took. */
export interface Reports extends AsyncDisposable {
  readonly port: number;
  /** For each channel and message its own, which nobody can guess. */
  readonly urlOf: (channel: string, messageId: string) => string;
}

const maxBodyBytes = 16 * 1024;
const maxHeaderBytes = 16 * 1024;
const patienceMs = 10_000;
const maxConnections = 100;

const macOf = (key: Uint8Array, channel: string, messageId: string): string =>
  createHmac('sha256', key)
    .update(`report ${channel} ${messageId}`)
    .digest('base64url')
    .slice(0, 22);

/** The address that one message's reports come to. */
export const reportUrl = (
  key: Uint8Array,
  baseUrl: string,
  channel: string,
  messageId: string,
): string => `${baseUrl}/report/${channel}/${messageId}/${macOf(key, channel, messageId)}`;

/**
 * Listens for delivery reports until it is disposed of.
 *
 * @throws {OperatorError} if it can't listen
 */
export async function startReports(options: ReportsOptions): Promise<Reports> {
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: patienceMs,
      requestTimeout: patienceMs,
      connectionsCheckingInterval: patienceMs / 2,
      keepAliveTimeout: 1_000,
    },
    (request, response) => void answer(request, response),
  );
  server.maxConnections = maxConnections;
  const { host } = options.listen;
  await listen(server, options.listen);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const baseUrl = options.baseUrl ?? `http://${formatAddress({ host, port })}`;
  const under = new Set<Promise<void>>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const work = handle(request, response, options, baseUrl).catch((error: unknown) => {
      options.log.warn('a delivery report was not taken in', { why: describeError(error) });
      reply(response, 500);
    });
    under.add(work);
    await work;
    under.delete(work);
  }

  return {
    port,
    urlOf: (channel, messageId) => reportUrl(options.key, baseUrl, channel, messageId),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await Promise.all(under);
    },
  };
}

async function listen(server: Server, at: ReportsOptions['listen']): Promise<void> {
  try {
    server.listen(at.port, at.host);
    await once(server, 'listening');
  } catch (error) {
    throw new OperatorError(
      `alerts.reports.listen: can't listen on ${at.host}:${at.port}: ${describeError(error)}. Give it another address or port.`,
      { cause: error },
    );
  }
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { key, readers, onReport, log }: ReportsOptions,
  baseUrl: string,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'POST') return reply(response, 405);
  const asked = URL.parse(request.url ?? '', 'http://localhost');
  // A proxy before us may have taken the path of the public address away, or not.
  const match = /\/report\/([a-z0-9-]{1,63})\/([a-z0-9-]{1,36})\/([\w-]{22})$/.exec(
    asked?.pathname ?? '',
  );
  const [, channel = '', messageId = '', mac = ''] = match ?? [];
  const reader = readers.get(channel);
  if (asked === null || reader === undefined || !isMessageId(messageId)) {
    return reply(response, 404);
  }
  if (!timingSafeEqual(Buffer.from(mac), Buffer.from(macOf(key, channel, messageId)))) {
    return reply(response, 404);
  }
  const body = await readBody(request);
  if (body === undefined) return reply(response, 413);
  const report = reader({
    url: reportUrl(key, baseUrl, channel, messageId) + asked.search,
    query: asked.searchParams,
    form: new URLSearchParams(body),
    headers: request.headers,
  });
  if (report === 'forged') {
    log.warn('a delivery report had a wrong signature', { channel });
    return reply(response, 403);
  }
  if (report === undefined) {
    log.debug('a delivery report said nothing that is known', { channel, message: messageId });
    return reply(response, 204);
  }
  await onReport(channel, { messageId, ...report });
  reply(response, 204);
}

/** Undefined if it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, status: number): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, status === 413 ? { Connection: 'close' } : {});
  response.end();
}
