import { AbortMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import type { ReplaceableCredentials } from './credentials.ts';
import { BoundedHandler } from './handler.ts';
import { httpStatus } from './http-status.ts';

export interface ClientOptions {
  readonly endpoint?: string;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly credentials: ReplaceableCredentials;
  readonly connections: number;
  readonly stallMs: number;
}

/**
 * What stores say, beside 401 and 403, when the credentials are not valid any more. Some say it with
 * 400.
 */
const refusedCodes = /^(?:ExpiredToken|InvalidToken|TokenRefreshRequired|InvalidAccessKeyId)/;

/** An S3 client with the settings that measurements showed to matter. */
export function createClient(options: ClientOptions): S3Client {
  const { credentials } = options;
  // A client without given credentials has those that the SDK finds on this machine.
  let finder: S3Client | undefined;
  credentials.useChain((anew) => {
    finder ??= new S3Client({ region: options.region });
    return finder.config.credentials(anew);
  });
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
    requestHandler: new BoundedHandler(options),
  });
  client.middlewareStack.add(
    (next, context) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const isHead = context['commandName'] === 'HeadObjectCommand';
        if (refusesCredentials(error, isHead)) options.credentials.doubt();
        throw error;
      }
    },
    { step: 'initialize', name: 'doubtRefusedCredentials' },
  );
  return client;
}

/** The answer to a HEAD has no code, so any 400 may be about the credentials. */
function refusesCredentials(error: unknown, isHead: boolean): boolean {
  const status = httpStatus(error);
  if (status === 401 || status === 403 || (status === 400 && isHead)) return true;
  return status === 400 && error instanceof Error && refusedCodes.test(error.name);
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
