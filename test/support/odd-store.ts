import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { silentLog } from '../../src/lib/log.ts';
import type { ObjectStoreOptions } from '../../src/storage/object-store.ts';

/** A request to the store, as its switches see it. */
export interface Asked {
  readonly method: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: number;
}

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message?: string;
}

/** One switch for each way in which stores in the world differ. May be changed while it runs. */
export interface Oddities {
  /** Headers that make it answer 501. */
  unknownHeaders?: readonly string[];
  /** Headers that make it answer 400 and name the header, as Backblaze B2 is said to. */
  refusedHeaders?: RegExp;
  /** Whether it keeps the SHA-256 that it is sent, and gives it to HEAD. */
  keepsSha256?: boolean;
  etag?: 'md5' | 'opaque';
  /** The ETag in the answer to a PUT; that of HEAD unless given. */
  putEtag?: string;
  /** What it makes of a body before it stores it, without a word. */
  stores?: (body: Buffer) => Buffer;
  /** What it makes of a body when it is asked for it. HEAD still tells what was sent. */
  gives?: (body: Buffer) => Buffer;
  /** The code of S3 with which it refuses everything. */
  refuses?: Refusal;
  /** Refuses what it returns a refusal for. */
  refuse?: (asked: Asked) => Refusal | undefined;
  /** The largest body that the proxy before it lets through. */
  largestBody?: number;
  /** After a PUT, this many times HEAD knows nothing of the object. */
  lateHeads?: number;
  /** Overwrites where it was asked not to. */
  ignoresConditions?: boolean;
  /** Answers 200 with a page of HTML, whatever it is asked. */
  page?: string;
  /** Keys of a page of a listing. */
  pageSize?: number;
  /** What a listing that goes on says to go on with; what S3 says unless given. */
  token?: 'absent' | 'same';
  /** Whether it takes no notice of `start-after`. */
  ignoresStart?: boolean;
  /** Takes the answer over: writes what it likes, for as long as it likes. */
  answer?: (asked: Asked, response: ServerResponse) => boolean;
  /** The bodies of `?versioning`, `?lifecycle`, `?cors` and `?object-lock`; 404 unless given. */
  settings?: Readonly<Record<string, string>>;
}

interface Stored {
  readonly body: Buffer;
  readonly sha256: string | undefined;
  lateHeads: number;
}

const xml = '<?xml version="1.0" encoding="UTF-8"?>';
const escaped = (text: string) => text.replaceAll(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

/**
 * Stores that exist in the world but not on this machine, each odd in its way: as much of S3 as this
 * program uses, over a real socket. A real server is used wherever one can show the same.
 */
export class OddStore implements AsyncDisposable {
  /** By path: `/BUCKET/KEY`. */
  readonly objects = new Map<string, Stored>();
  /** The methods, in turn. */
  readonly requests: string[] = [];
  readonly asked: Asked[] = [];
  readonly oddities: Oddities;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });

  private constructor(oddities: Oddities) {
    this.oddities = oddities;
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

  /** What an object store needs to be told to use it. */
  options(more: Partial<ObjectStoreOptions> = {}): ObjectStoreOptions {
    return {
      bucket: 'footage',
      endpoint: this.endpoint,
      region: 'us-east-1',
      pathStyle: true,
      accessKeyId: 'key',
      secretAccessKey: 'secret',
      log: silentLog,
      ...more,
    };
  }

  /** Puts an object there, as somebody else would. */
  hold(key: string, body: Buffer, sha256?: string): void {
    this.objects.set(`/footage/${key}`, { body, sha256, lateHeads: 0 });
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
    const url = new URL(request.url ?? '', 'http://x');
    const path = decodeURIComponent(url.pathname);
    const key = path.split('/').slice(2).join('/');
    const asked = { method, key, query: url.searchParams, headers, bytes: sent.length };
    this.requests.push(method);
    this.asked.push(asked);
    if (this.oddities.answer?.(asked, response) === true) return;
    if (this.oddities.page !== undefined) {
      response.setHeader('content-type', 'text/html');
      response.end(method === 'HEAD' ? undefined : this.oddities.page);
      return;
    }
    const refusal = this.#refusalOf(asked);
    if (refusal !== undefined) return refuse(response, method, refusal);
    if (key === '') return this.#ofBucket(asked, response);
    if (method === 'POST') {
      response.end(
        `${xml}<InitiateMultipartUploadResult><UploadId>${randomUUID()}</UploadId></InitiateMultipartUploadResult>`,
      );
      return;
    }
    if (method === 'DELETE') {
      if (!url.searchParams.has('uploadId')) this.objects.delete(path);
      response.writeHead(204).end();
      return;
    }
    const stored = this.objects.get(path);
    if (method === 'PUT') return this.#put(path, stored, sent, asked, response);
    if (stored === undefined) {
      return refuse(response, method, { status: 404, code: 'NoSuchKey' });
    }
    if (method === 'HEAD' && stored.lateHeads > 0) {
      stored.lateHeads -= 1;
      return refuse(response, method, { status: 404, code: 'NoSuchKey' });
    }
    this.#give(stored, asked, response);
  }

  #refusalOf({ method, headers, bytes }: Asked): Refusal | undefined {
    const {
      refuses,
      unknownHeaders = [],
      refusedHeaders,
      refuse: why,
      largestBody,
    } = this.oddities;
    if (refuses !== undefined) return refuses;
    if (method === 'PUT' && bytes > (largestBody ?? Number.POSITIVE_INFINITY)) {
      return { status: 413, code: 'EntityTooLarge', message: 'the proxy takes no more' };
    }
    if (unknownHeaders.some((name) => name in headers)) {
      return { status: 501, code: 'NotImplemented' };
    }
    const refused = Object.keys(headers).find((name) => refusedHeaders?.test(name));
    if (refused !== undefined) {
      const message = `Unsupported header '${refused}' received for this API call.`;
      return { status: 400, code: 'InvalidArgument', message };
    }
    return why?.(this.asked.at(-1) as Asked);
  }

  #put(
    path: string,
    before: Stored | undefined,
    sent: Buffer,
    { headers }: Asked,
    response: ServerResponse,
  ): void {
    const { ignoresConditions, keepsSha256, stores, lateHeads = 0, putEtag } = this.oddities;
    const exists = 'if-none-match' in headers && before !== undefined;
    const changed =
      'if-match' in headers &&
      (before === undefined || headers['if-match'] !== this.#etagOf(before.body));
    if (ignoresConditions !== true && (exists || changed)) {
      return refuse(response, 'PUT', { status: 412, code: 'PreconditionFailed' });
    }
    const given = headers['x-amz-checksum-sha256'];
    const sha256 = keepsSha256 === true && given !== undefined ? String(given) : undefined;
    const body = stores?.(sent) ?? sent;
    this.objects.set(path, { body, sha256, lateHeads });
    response.setHeader('etag', putEtag ?? this.#etagOf(body));
    if (sha256 !== undefined) response.setHeader('x-amz-checksum-sha256', sha256);
    response.end();
  }

  #give({ body, sha256 }: Stored, { method, headers }: Asked, response: ServerResponse): void {
    response.setHeader('etag', this.#etagOf(body));
    response.setHeader('content-length', body.length);
    if (sha256 !== undefined) response.setHeader('x-amz-checksum-sha256', sha256);
    if (method === 'HEAD') return void response.end();
    const given = this.oddities.gives?.(body) ?? body;
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
    const piece = range ? given.subarray(Number(range[1]), Number(range[2]) + 1) : given;
    response.setHeader('content-length', piece.length);
    response.statusCode = range ? 206 : 200;
    response.end(piece);
  }

  #etagOf(body: Buffer): string {
    const { etag } = this.oddities;
    return etag === 'opaque' ? '"opaque"' : `"${createHash('md5').update(body).digest('hex')}"`;
  }

  #ofBucket({ query }: Asked, response: ServerResponse): void {
    response.setHeader('content-type', 'application/xml');
    const setting = ['versioning', 'lifecycle', 'cors', 'object-lock'].find((one) =>
      query.has(one),
    );
    if (setting !== undefined) {
      const body = this.oddities.settings?.[setting];
      if (body === undefined) {
        return refuse(response, 'GET', { status: 404, code: 'NoSuchConfiguration' });
      }
      response.end(xml + body);
    } else if (query.has('uploads')) {
      response.end(
        `${xml}<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>`,
      );
    } else response.end(xml + this.#listing(query));
  }

  #listing(query: URLSearchParams): string {
    const { pageSize = 1_000, token, ignoresStart } = this.oddities;
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter');
    const startAfter = ignoresStart === true ? null : query.get('start-after');
    const after = query.get('continuation-token') ?? startAfter ?? '';
    const size = Math.min(Number(query.get('max-keys') ?? 1_000), pageSize);
    const entries = new Map<string, Buffer | undefined>();
    for (const [path, { body }] of [...this.objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const key = path.split('/').slice(2).join('/');
      if (!key.startsWith(prefix)) continue;
      const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
      const entry = end === -1 ? key : key.slice(0, end + 1);
      if (entry > after) entries.set(entry, end === -1 ? body : undefined);
    }
    const page = [...entries].slice(0, size);
    const more = entries.size > size;
    const next = token === 'same' ? 'a' : (page.at(-1)?.[0] ?? '');
    const given = more && token !== 'absent' ? next : '';
    const items = page.map(([entry, body]) => {
      const encoded = encodeURIComponent(entry).replaceAll('%2F', '/');
      return body === undefined
        ? `<CommonPrefixes><Prefix>${encoded}</Prefix></CommonPrefixes>`
        : `<Contents><Key>${encoded}</Key><LastModified>2026-11-23T00:00:00.000Z</LastModified><ETag>${escaped(this.#etagOf(body))}</ETag><Size>${body.length}</Size></Contents>`;
    });
    const tail =
      given === '' ? '' : `<NextContinuationToken>${escaped(given)}</NextContinuationToken>`;
    return `<ListBucketResult><Name>footage</Name><Prefix>${escaped(prefix)}</Prefix><EncodingType>url</EncodingType><KeyCount>${page.length}</KeyCount><MaxKeys>${size}</MaxKeys><IsTruncated>${more}</IsTruncated>${tail}${items.join('')}</ListBucketResult>`;
  }
}

function refuse(
  response: ServerResponse,
  method: string,
  { status, code, message = 'no' }: Refusal,
) {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(
    method === 'HEAD'
      ? ''
      : `${xml}<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`,
  );
}
