import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Oddities {
  /** Headers that make it answer 501. */
  readonly unknownHeaders?: readonly string[];
  /** Whether it keeps the SHA-256 that it is sent, and gives it to HEAD. */
  readonly keepsSha256?: boolean;
  readonly etag?: 'md5' | 'opaque';
  /** What it makes of a body before it stores it, without a word. */
  readonly stores?: (body: Buffer) => Buffer;
  /** The code of S3 with which it refuses everything. */
  readonly refuses?: { readonly status: number; readonly code: string };
}

interface Stored {
  readonly body: Buffer;
  readonly sha256: string | undefined;
}

/**
 * Stores that exist in the world but not on this machine, each odd in its way: as much of S3 as one
 * segment's upload needs, over a real socket. A real server is used wherever one can show the same.
 */
export class OddStore implements AsyncDisposable {
  readonly objects = new Map<string, Stored>();
  readonly requests: string[] = [];
  readonly #oddities: Oddities;
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  private constructor(oddities: Oddities) {
    this.#oddities = oddities;
  }

  static async start(oddities: Oddities): Promise<OddStore> {
    const store = new OddStore(oddities);
    store.#server.listen(0, '127.0.0.1');
    await once(store.#server, 'listening');
    return store;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await buffer(request);
    const { method = '', headers } = request;
    const key = new URL(request.url ?? '', 'http://x').pathname;
    this.requests.push(method);
    const refuse = (status: number, code: string): void => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(
        method === 'HEAD' ? '' : `<Error><Code>${code}</Code><Message>no</Message></Error>`,
      );
    };
    const { refuses, unknownHeaders = [], stores, keepsSha256 = false, etag } = this.#oddities;
    if (refuses !== undefined) return refuse(refuses.status, refuses.code);
    if (unknownHeaders.some((name) => name in headers)) return refuse(501, 'NotImplemented');
    const stored = this.objects.get(key);
    if (method === 'PUT') {
      if ('if-none-match' in headers && stored !== undefined) {
        return refuse(412, 'PreconditionFailed');
      }
      const sha256 = keepsSha256 ? String(headers['x-amz-checksum-sha256']) : undefined;
      this.objects.set(key, { body: stores?.(sent) ?? sent, sha256 });
      response.end();
      return;
    }
    if (stored === undefined) return refuse(404, 'NoSuchKey');
    response.setHeader(
      'etag',
      etag === 'opaque' ? '"opaque"' : `"${createHash('md5').update(stored.body).digest('hex')}"`,
    );
    response.setHeader('content-length', stored.body.length);
    if (stored.sha256 !== undefined) response.setHeader('x-amz-checksum-sha256', stored.sha256);
    response.end(method === 'HEAD' ? undefined : stored.body);
  }
}
