import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What may happen to a request on its way. */
export type Fault =
  | 'none'
  | 'cut'
  | 'lose answer'
  | 'withhold answer'
  | '503'
  | '403'
  /** Only a PUT with a checksum in its headers, as stores answer that know none. */
  | '400 to checksums'
  /** Only a PUT of more than {@link largeBytes}, as proxies answer. */
  | '413 to large bodies'
  /** Only a HEAD, as stores answer that take time until an object is seen. */
  | '404 to HEAD'
  | 'hang'
  | 'flip a bit';

/** A PUT of more is large. */
const largeBytes = 6_000;

function refusal(status: string, code: string, message: string): string {
  const body =
    code === ''
      ? ''
      : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return `HTTP/1.1 ${status}\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}

const refusals = {
  '503': refusal('503 Slow Down', 'SlowDown', 'Reduce your request rate.'),
  '403': refusal('403 Forbidden', 'InvalidAccessKeyId', 'The key does not exist in our records.'),
  '400 to checksums': refusal(
    '400 Bad Request',
    'InvalidArgument',
    'Unsupported header x-amz-checksum-sha256',
  ),
  '413 to large bodies': refusal('413 Content Too Large', 'EntityTooLarge', 'That is too much.'),
  // The answer to HEAD has no body.
  '404 to HEAD': refusal('404 Not Found', '', ''),
} satisfies Partial<Record<Fault, string>>;

const refusalOf = (fault: Fault): string | undefined =>
  (refusals as Partial<Record<Fault, string>>)[fault];

/** Whether a fault befalls the request that begins with `head`. */
function befalls(fault: Fault, method: string, head: string): boolean {
  switch (fault) {
    case '400 to checksums':
      return method === 'PUT' && /^x-amz-(sdk-)?checksum/im.test(head);
    case '413 to large bodies':
      return method === 'PUT' && Number(/^content-length: (\d+)/im.exec(head)?.[1]) > largeBytes;
    case '404 to HEAD':
      return method === 'HEAD';
    default:
      return true;
  }
}

/** A TCP proxy in front of an S3 server that does to requests what networks and servers do. */
export class FaultProxy implements AsyncDisposable {
  /** Happens to each request. */
  standing: Fault = 'none';
  /** Happen to the next PUTs instead, in turn. */
  readonly next: Fault[] = [];
  /** Of all connections together, towards the server; unlimited unless set. */
  bytesPerSecond: number | undefined;
  /** Requests seen, by method. */
  readonly seen = new Map<string, number>();
  /** The most connections that there were at once. */
  mostConnections = 0;
  readonly #to: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  readonly #life = new AbortController();
  #server: Server | undefined;
  #port = 0;
  #line: Promise<unknown> = Promise.resolve();

  private constructor(to: URL) {
    this.#to = { host: to.hostname, port: Number(to.port) };
  }

  static async start(endpoint: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(new URL(endpoint));
    await proxy.accept();
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Connections are taken again, at the same port. */
  async accept(): Promise<void> {
    const server = createServer((client) => this.#connection(client));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Connections are refused, and those that exist are cut. */
  async refuse(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    await this.refuse();
  }

  #connection(client: Socket): void {
    const server = connect(this.#to);
    this.#link(client, server);
    this.#link(server, client);
    this.mostConnections = Math.max(this.mostConnections, this.#sockets.size / 2);
    let fault: Fault = 'none';
    let answered = false;
    server.on('data', (data) => {
      if (fault === 'lose answer') client.destroy();
      else if (fault !== 'hang' && fault !== 'withhold answer' && refusalOf(fault) === undefined) {
        client.write(data);
      }
    });
    client.on('data', (data) => {
      const method = /^(PUT|GET|HEAD|POST|DELETE) /.exec(data.toString('latin1', 0, 8))?.[1];
      if (method !== undefined) fault = this.#faultOf(method, data.toString('latin1', 0, 8_192));
      const atBody = method === undefined ? 0 : data.indexOf('\r\n\r\n') + 4;
      switch (fault) {
        case 'hang':
          return;
        case '503':
        case '403':
        case '400 to checksums':
        case '413 to large bodies':
        case '404 to HEAD':
          if (!answered) client.write(refusals[fault]);
          answered = true;
          return;
        case 'cut':
          server.write(data.subarray(0, Math.ceil(data.length / 2)));
          setImmediate(() => client.destroy());
          return;
        case 'flip a bit':
          if (atBody < data.length) {
            data[atBody] = (data[atBody] ?? 0) ^ 1;
            fault = 'none';
          }
          break;
        case 'none':
        case 'lose answer':
        case 'withhold answer':
      }
      this.#forward(data, client, server);
    });
  }

  #faultOf(method: string, head: string): Fault {
    this.seen.set(method, (this.seen.get(method) ?? 0) + 1);
    const fault = (method === 'PUT' ? this.next.shift() : undefined) ?? this.standing;
    return befalls(fault, method, head) ? fault : 'none';
  }

  #forward(data: Buffer, client: Socket, server: Socket): void {
    const rate = this.bytesPerSecond;
    if (rate === undefined) {
      server.write(data);
      return;
    }
    // One line for all connections; a sender waits until its bytes are through.
    client.pause();
    this.#line = this.#line.then(async () => {
      const { signal } = this.#life;
      await delay((data.length / rate) * 1_000, undefined, { signal }).catch(() => {});
      if (server.writable) server.write(data);
      client.resume();
    });
  }

  #link(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      other.destroy();
    });
  }
}
