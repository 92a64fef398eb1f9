import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { errorCode } from '../lib/errors.ts';
import { Scope } from '../lib/scope.ts';
import { endDrips, UploadStalledError, wholeAnswer } from './answer-bounds.ts';

export interface HandlerOptions {
  readonly connections: number;
  /** Idle timeout of a connection. */
  readonly stallMs: number;
}

type Handle = NodeHttpHandler['handle'];
type Handled = Awaited<ReturnType<Handle>>;

const connectTimeoutMs = 5_000;

/** More than a listing of 1,000 keys can have, each of 1,024 bytes that are all written as `%XX`. */
const longestListing = 8 * 1024 * 1024;

/** Of all other answers, except objects. */
const longestAnswer = 1024 * 1024;

/** A request may take this many idle timeouts, and as long as its body takes at 1 kB/s. */
const idleTimeouts = 5;
const leastBytesPerMs = 1;

/** Sends requests, and bounds what comes back in bytes and time. */
export class BoundedHandler extends NodeHttpHandler {
  readonly #stallMs: number;

  constructor({ connections, stallMs }: HandlerOptions) {
    // The SDK's own agent would open a new connection for each large body.
    const agent = { keepAlive: true, maxSockets: connections };
    super({
      httpAgent: endDrips(new HttpAgent(agent), stallMs),
      httpsAgent: endDrips(new HttpsAgent(agent), stallMs),
      connectionTimeout: connectTimeoutMs,
      // An idle timeout, because a slow link may take minutes for a segment. A limit for the whole
      // request (requestTimeout) would cut every upload on such a link.
      socketTimeout: stallMs,
      throwOnRequestTimeout: true,
    });
    this.#stallMs = stallMs;
  }

  override async handle(...[request, options = {}]: Parameters<Handle>): Promise<Handled> {
    try {
      if (isRead(request)) return await this.#read(request, options);
      return await this.#ask(request, options);
    } catch (error) {
      throw withoutRetry(error, bodyBytes(request));
    }
  }

  /** Asks for an object. Its reader knows how long it is; the rate and the silence are bounded below. */
  async #read(...[request, options]: Parameters<Handle>): Promise<Handled> {
    const handled = await super.handle(request, options);
    if (handled.response.statusCode >= 300) await this.#take(handled, longestAnswer);
    return handled;
  }

  async #ask(...[request, options = {}]: Parameters<Handle>): Promise<Handled> {
    const ms = idleTimeouts * this.#stallMs + bodyBytes(request) / leastBytesPerMs;
    const { abortSignal } = options;
    using scope = new Scope(...(abortSignal ? [abortSignal as AbortSignal] : []));
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      scope.end();
    }, ms);
    try {
      const handled = await super.handle(request, { ...options, abortSignal: scope.signal });
      const isListing = request.method === 'GET';
      await this.#take(handled, isListing ? longestListing : longestAnswer);
      return handled;
    } catch (error) {
      if (!isLate) throw error;
      throw new UploadStalledError(`a request took longer than ${ms / 1000} s`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Replaces the body that is under way by the whole of it. */
  async #take({ response }: Handled, maxBytes: number): Promise<void> {
    const whole = await wholeAnswer(response.body as Readable, maxBytes, 2 * this.#stallMs);
    const isError = response.statusCode >= 300 && whole.length > 0;
    const body = isError && !whole.includes('<Error') ? asError(whole) : whole;
    response.body = Readable.from(body.length === 0 ? [] : [body]);
  }
}

/** A proxy's page, in the form that the SDK can read, so that its words reach the operator. */
function asError(page: Buffer): Buffer {
  const text = page.toString('utf8', 0, 2_000);
  const said = text.replaceAll(/<(title|style|script)[\s\S]*?<\/\1>|<[^<>]*>/gi, ' ');
  const message = said.replaceAll(/[<>&]/g, ' ').replaceAll(/\s+/g, ' ').trim().slice(0, 200);
  return Buffer.from(`<Error><Code>NotS3</Code><Message>${message}</Message></Error>`);
}

const isRead = ({ method, query }: Parameters<Handle>[0]): boolean =>
  method === 'GET' && query?.['x-id'] === 'GetObject';

function bodyBytes({ body }: Parameters<Handle>[0]): number {
  return body instanceof Uint8Array ? body.length : 0;
}

/**
 * Gives timeouts a name that the SDK doesn't know, because the SDK would retry a timeout at once. On
 * a link that is too slow for the uploads under way, a retry makes matters worse.
 */
function withoutRetry(error: unknown, sentBytes: number): unknown {
  // The handler also calls a cut connection a timeout, but a cut is worth a retry.
  const cut = ['ECONNRESET', 'EPIPE'].includes(errorCode(error) ?? '');
  if (cut || !(error instanceof Error)) return error;
  if (error.name !== 'TimeoutError' && !(error instanceof UploadStalledError)) return error;
  // Not passed as the cause: the SDK looks at causes too.
  return new UploadStalledError(error.message, sentBytes);
}
