import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { unwaited } from '../lib/background.ts';
import { formatAddress } from '../lib/addresses.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type DeliveryReport, isMessageId } from './channel.ts';

/** The request that brings a report. */
export interface ReportRequest {
  /** The URL that the carrier was given, with the query of the request. */
  readonly url: string;
  readonly query: URLSearchParams;
  /** The fields of a POST; empty for a GET. */
  readonly form: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

/** Reads a carrier's reports. `forged`: not from the carrier; undefined: nothing that we know. */
export type ReportReader = (
  request: ReportRequest,
) => Omit<DeliveryReport, 'messageId'> | 'forged' | undefined;

export interface ReportsOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** URL at which carriers reach us, without a trailing slash; our own address unless given. */
  readonly baseUrl?: string;
  readonly key: Uint8Array;
  /** Readers by channel. */
  readonly readers: ReadonlyMap<string, ReportReader>;
  /** If it fails, the carrier gets an error, and most carriers then send the report again. */
  readonly onReport: (channel: string, report: DeliveryReport) => Promise<void> | void;
  readonly log: Log;
}

/** The server to which carriers report the delivery of messages. */
export interface Reports extends AsyncDisposable {
  readonly port: number;
  /** The URL for reports about a message; unguessable. */
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

/** The URL for reports about one message. */
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
    (request, response) => {
      unwaited(answer(request, response), options.log, 'a delivery report was not answered');
    },
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
  // Only the end must match: a proxy may or may not have removed the path of the base URL.
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

/** @returns undefined if the body is too long */
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
