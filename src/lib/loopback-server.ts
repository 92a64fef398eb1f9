import { once } from 'node:events';
import { createServer, type Server, type ServerOpts, type Socket } from 'node:net';
import { isOwnUser } from './peer-user.ts';

export interface LoopbackServerOptions extends ServerOpts {
  /** More connections than this at a time are refused; any number unless given. */
  readonly maxConnections?: number;
  readonly onConnection: (socket: Socket) => void;
  /** A connection could not be accepted. The server goes on. */
  readonly onError?: (error: unknown) => void;
  /** A connection was refused, as there are too many. */
  readonly onDrop?: () => void;
}

/**
 * A TCP server on a free port of 127.0.0.1, once it listens. Other users of the machine than our own and root
 * are hung up on. Its disposal ends its connections, and waits for that.
 */
export class LoopbackServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #closed: Promise<void> | undefined;

  constructor(options: LoopbackServerOptions) {
    const { maxConnections, onConnection, onError = () => {}, onDrop = () => {} } = options;
    this.#server = createServer({ noDelay: true, ...options }, (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      isOwnUser(socket).then(
        (isOwn) => {
          if (!isOwn) socket.destroy();
          else if (!socket.destroyed) onConnection(socket);
        },
        (error: unknown) => {
          socket.destroy();
          onError(error);
        },
      );
    });
    if (maxConnections !== undefined) this.#server.maxConnections = maxConnections;
    this.#server.on('drop', onDrop);
    // Without a listener, an accept that fails for lack of descriptors would end the process.
    this.#server.on('error', onError);
  }

  async listen(): Promise<void> {
    this.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(this.#server, 'listening');
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the port is closed');
    return address.port;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
    return this.#closed;
  }
}
