import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { AbortMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { errorCode } from '../lib/errors.ts';
import type { ReplaceableCredentials } from './credentials.ts';
import { httpStatus } from './http-status.ts';

export interface ClientOptions {
  readonly endpoint?: string;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly credentials: ReplaceableCredentials;
  readonly connections: number;
  readonly stallMs: number;
}

const connectTimeoutMs = 5_000;

/** A connection on which nothing moved, or that did not come about. */
export class UploadStalledError extends Error {
  override name = 'StalledError';
}

/**
 * Gives time-outs a name that the SDK does not know, or it would try again at once: on a link that
 * is too slow for what is under way, that is the worst to do.
 */
class Handler extends NodeHttpHandler {
  override async handle(...args: Parameters<NodeHttpHandler['handle']>) {
    try {
      return await super.handle(...args);
    } catch (error) {
      // A connection that was cut is called a time-out as well; that one is worth a retry.
      const cut = ['ECONNRESET', 'EPIPE'].includes(errorCode(error) ?? '');
      if (cut || !(error instanceof Error) || error.name !== 'TimeoutError') throw error;
      // Not as the cause: the SDK looks at causes too.
      throw new UploadStalledError(error.message);
    }
  }
}

/** An S3 client with the settings that were measured to matter. */
export function createClient(options: ClientOptions): S3Client {
  // Only an Agent of our own is kept for large bodies too; the SDK's would open a connection for each.
  const agent = { keepAlive: true, maxSockets: options.connections };
  const client = new S3Client({
    endpoint: options.endpoint,
    region: options.region,
    forcePathStyle: options.pathStyle,
    // As if they had expired, so that they are asked for with each request.
    credentials: async () => ({
      ...(await options.credentials.current()),
      expiration: new Date(0),
    }),
    // Another round trip for each segment, and a new connection.
    expectContinueHeader: false,
    // One retry, for the connection that the store closed while it was idle. All other patience is
    // the uploader's, who sees all segments at once.
    maxAttempts: 2,
    // Checksums are chosen by us, with each request.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new Handler({
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
      connectionTimeout: connectTimeoutMs,
      // Silence, not length, is what ends an exchange: a slow link may take minutes for a segment.
      // A limit of the whole request (requestTimeout) would cut such a link's uploads for ever.
      socketTimeout: options.stallMs,
      throwOnRequestTimeout: true,
    }),
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if ([401, 403].includes(httpStatus(error) ?? 0)) options.credentials.doubt();
        throw error;
      }
    },
    { step: 'initialize', name: 'doubtRefusedCredentials' },
  );
  return client;
}

/**
 * The client for lib-storage's Upload, which hands no signal to its requests: each is aborted with
 * `signal`, but for the clean-up of a multipart upload.
 */
export function abortable(client: S3Client, signal: AbortSignal): S3Client {
  const send = (command: Parameters<S3Client['send']>[0]): Promise<unknown> =>
    client.send(
      command,
      command instanceof AbortMultipartUploadCommand ? {} : { abortSignal: signal },
    );
  return new Proxy(client, {
    get: (target, property) =>
      property === 'send' ? send : (Reflect.get(target, property, target) as unknown),
  });
}

/**
 * Signs requests that carry a SHA-256 with that one, instead of hashing the body again: the hash was
 * just taken of the same bytes, and the body's second pass would hold up the event loop in one go.
 */
export function signWithGivenHash(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { ChecksumSHA256: given, Body: body } = args.input as {
        readonly ChecksumSHA256?: string;
        readonly Body?: unknown;
      };
      if (given !== undefined && Buffer.isBuffer(body)) {
        const request = args.request as { readonly headers: Record<string, string> };
        request.headers['x-amz-content-sha256'] = Buffer.from(given, 'base64').toString('hex');
      }
      return next(args);
    },
    { step: 'build', name: 'signWithGivenHash' },
  );
}
