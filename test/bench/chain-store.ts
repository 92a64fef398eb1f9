import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** A file came to the bucket. */
export interface Arrival {
  readonly path: string;
  /** When the store had confirmed it, in milliseconds since 1970 UTC. */
  readonly atMs: number;
}

/** Stands before an S3 server and notes when what was put there. */
export class WatchedStore implements AsyncDisposable {
  readonly arrivals: Arrival[] = [];
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(behind: URL) {
    this.#server = createServer((question, answer) => {
      const { method, url: path = '/', headers } = question;
      const { hostname, port } = behind;
      const forwarded = request({ hostname, port, method, path, headers, agent: this.#agent });
      const passOn = async (): Promise<void> => {
        const answered = once(forwarded, 'response') as Promise<[IncomingMessage]>;
        const [[got]] = await Promise.all([answered, pipeline(question, forwarded)]);
        answer.writeHead(got.statusCode ?? 502, got.headers);
        await pipeline(got, answer);
        const stored = method === 'PUT' && got.statusCode === 200;
        if (stored) this.arrivals.push({ path: path.replace(/\?.*/, ''), atMs: Date.now() });
      };
      passOn().catch(() => answer.destroy());
    });
  }

  static async start(endpoint: string): Promise<WatchedStore> {
    const store = new WatchedStore(new URL(endpoint));
    store.#server.listen(0, '127.0.0.1');
    await once(store.#server, 'listening');
    return store;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await once(this.#server, 'close');
  }
}
