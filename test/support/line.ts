import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const packetBytes = 1_400;
const measuredMs = 8_000;
/** A sender whose packet was lost sends it again after this, and all behind it waits. */
const sentAgainAfterMs = 300;

/** The network between a camera and us: a TCP proxy that carries no more than it is told to. */
export class Line implements AsyncDisposable {
  /** From the camera; unlimited unless set. */
  bytesPerSecond: number | undefined;
  /** Each how many-th packet is lost and sent again; none unless set. */
  loseEach: number | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((camera) => this.#take(camera));
  readonly #port: () => number;
  readonly #seen: { readonly atMs: number; readonly bytes: number }[] = [];
  #packets = 0;
  #freeAtMs = 0;

  private constructor(port: () => number) {
    this.#port = port;
  }

  /** @param port where it leads to on this machine, asked for each connection */
  static async start(port: () => number): Promise<Line> {
    const line = new Line(port);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What the camera sent in the last seconds, in bytes a second. */
  get measured(): number {
    const sinceMs = performance.now() - measuredMs;
    while ((this.#seen[0]?.atMs ?? Infinity) < sinceMs) this.#seen.shift();
    return this.#seen.reduce((sum, { bytes }) => sum + bytes, 0) / (measuredMs / 1_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #take(camera: Socket): void {
    const server = connect(this.#port(), '127.0.0.1');
    for (const [socket, other] of [
      [camera, server],
      [server, camera],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    server.pipe(camera);
    this.#carry(camera, server).catch(() => camera.destroy());
  }

  async #carry(camera: Socket, server: Socket): Promise<void> {
    for await (const chunk of camera as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += packetBytes) {
        const packet = chunk.subarray(at, at + packetBytes);
        await this.#pass(packet.length);
        this.#seen.push({ atMs: performance.now(), bytes: packet.length });
        if (server.destroyed) return;
        if (!server.write(packet)) await once(server, 'drain');
      }
    }
  }

  async #pass(bytes: number): Promise<void> {
    this.#packets += 1;
    const rate = this.bytesPerSecond;
    const isLost = this.loseEach !== undefined && this.#packets % this.loseEach === 0;
    if (rate === undefined && !isLost) return;
    const nowMs = performance.now();
    const takesMs = rate === undefined ? 0 : (bytes / rate) * 1_000;
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + takesMs + (isLost ? sentAgainAfterMs : 0);
    await delay(this.#freeAtMs - nowMs);
  }
}
