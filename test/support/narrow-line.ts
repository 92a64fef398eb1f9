import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A TCP line to a port of this machine, which can be made narrow or held up in the direction of that port. */
export class NarrowLine implements AsyncDisposable {
  /** Of all its connections together; unlimited unless set. 0: nothing passes. */
  bytesPerSecond: number | undefined;
  readonly #to: () => number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #life = new AbortController();
  /** Bytes that came in, by second. */
  readonly #seconds = new Map<number, number>();
  #queue: Promise<void> = Promise.resolve();

  private constructor(to: () => number) {
    this.#to = to;
    this.#server = createServer((client) => this.#connection(client));
  }

  /** @param to asked for each connection */
  static async to(to: () => number): Promise<NarrowLine> {
    const line = new NarrowLine(to);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What came in during the last whole seconds, in bytes per second. */
  get usualBytesPerSecond(): number {
    const now = Math.floor(performance.now() / 1_000);
    let bytes = 0;
    for (let second = now - measuredSeconds; second < now; second += 1) {
      bytes += this.#seconds.get(second) ?? 0;
    }
    return bytes / measuredSeconds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #connection(client: Socket): void {
    const server = connect(this.#to(), '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    server.pipe(client);
    client.on('data', (data: Buffer) => {
      this.#count(data.length);
      client.pause();
      this.#queue = this.#queue.then(async () => {
        await this.#pass(data, server);
        client.resume();
      });
    });
  }

  async #pass(data: Buffer, server: Socket): Promise<void> {
    const { signal } = this.#life;
    for (let first = 0; first < data.length && !signal.aborted; first += pieceBytes) {
      const piece = data.subarray(first, first + pieceBytes);
      while (this.bytesPerSecond === 0 && !signal.aborted) {
        await delay(heldUpMs, undefined, { signal }).catch(() => {});
      }
      const rate = this.bytesPerSecond;
      if (rate !== undefined && rate > 0) {
        await delay((piece.length / rate) * 1_000, undefined, { signal }).catch(() => {});
      }
      if (server.writable) server.write(piece);
    }
  }

  #count(bytes: number): void {
    const second = Math.floor(performance.now() / 1_000);
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + bytes);
    for (const old of this.#seconds.keys()) {
      if (old < second - 2 * measuredSeconds) this.#seconds.delete(old);
    }
  }
}

const measuredSeconds = 4;
const pieceBytes = 1_000;
const heldUpMs = 50;
