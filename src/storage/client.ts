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

/** A connection stalled or could not be established in time. */
export class UploadStalledError extends Error {
  override name = 'StalledError';
}

/**
 * Gives timeouts a name that the SDK doesn't know, because the SDK would retry a timeout at once.
 * On a link that is too slow for the uploads under way, a retry makes matters worse.
 */
class Handler extends NodeHttpHandler {
  override async handle(...args: Parameters<NodeHttpHandler['handle']>) {
    try {
      return await super.handle(...args);
    } catch (error) {
      // The handler also calls a cut connection a timeout, but a cut is worth a retry.
      const cut = ['ECONNRESET', 'EPIPE'].includes(errorCode(error) ?? '');
      if (cut || !(error instanceof Error) || error.name !== 'TimeoutError') throw error;
      // Not passed as the cause: the SDK looks at causes too.
      throw new UploadStalledError(error.message);
    }
  }
}

/** An S3 client with the settings that measurements showed to matter. */
export function createClient(options: ClientOptions): S3Client {
  // The SDK's own agent would open a new connection for each large body.
  const agent = { keepAlive: true, maxSockets: options.connections };
  const client = new S3Client({
    endpoint: options.endpoint,
    region: options.region,
    forcePathStyle: options.pathStyle,
    // Marked as expired, so that the SDK asks for them before each request.
    credentials: async () => ({
      ...(await options.credentials.current()),
      expiration: new Date(0),
    }),
    // "Expect: 100-continue" would cost a round trip and a new connection per segment.
    expectContinueHeader: false,
    // One retry, for a connection that the store closed while idle. All other retries are up to the
    // uploader, which sees all segments at once.
    maxAttempts: 2,
    // We choose the checksum in each request.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new Handler({
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
      connectionTimeout: connectTimeoutMs,
      // An idle timeout, because a slow link may take minutes for a segment. A limit for the whole
      // request (requestTimeout) would cut every upload on such a link.
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
 * A client for lib-storage's Upload, which passes no signal to its requests: `signal` aborts each
 * request except the clean-up of a multipart upload.
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
 * Signs a request that carries a SHA-256 with that hash. Otherwise the SDK would hash the same
 * bytes again, in one go, which would block the event loop.
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
