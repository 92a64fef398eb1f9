import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { answer } from './answering-process.ts';

// Both ends of what is carried through tunnels: the service of all cameras, and those who connect to
// it. In one process, so that both read the same clock.

export type CarriedQuestion =
  /** Where the cameras' service listens. */
  | { readonly service: true }
  /** Brings so much from the service at that port, as fast as it goes. */
  | { readonly bytes: number; readonly port: number }
  /** Sends 1 kB to the service at that port and has it back, again and again. */
  | { readonly echoes: number; readonly everyMs: number; readonly port: number }
  /** A camera's stream from each of the ports, and echoes through one more connection to the first. */
  | {
      readonly streams: readonly number[];
      readonly ms: number;
      readonly bitsPerSecond: number;
      readonly everyMs: number;
    };

export interface CarriedAnswer {
  readonly port: number;
  readonly bytes: number;
  readonly tookMs: number;
  readonly echoMs: readonly number[];
}

/** What a connection wants, as its first word of this many bytes: a kind, and a number. */
const orderBytes = 16;
const order = (kind: 'all' | 'stream' | 'echo', amount = 0): string =>
  `${kind} ${amount}`.padEnd(orderBytes);
const pictureMs = 40;
const echoBytes = 1_000;
/** As incompressible as video. */
const payload = randomBytes(256 * 1024);

async function sendAll(socket: Socket, bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes; sent += payload.length) {
    if (!socket.write(payload.subarray(0, Math.min(payload.length, bytes - sent)))) {
      await once(socket, 'drain');
    }
  }
  socket.end();
}

function serve(socket: Socket, wish: string): void {
  const [kind, amount] = wish.trim().split(' ');
  if (kind === 'echo') {
    socket.pipe(socket);
    return;
  }
  if (kind === 'all') {
    sendAll(socket, Number(amount)).catch(() => socket.destroy());
    return;
  }
  const picture = payload.subarray(0, Number(amount));
  const timer = setInterval(() => socket.write(picture), pictureMs);
  socket.once('close', () => clearInterval(timer));
}

const service = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.once('readable', () => {
    const wish = socket.read(orderBytes) as Buffer | null;
    if (wish === null) socket.destroy();
    else serve(socket, wish.toString());
  });
});

async function dial(port: number, wish: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.write(wish);
  return socket;
}

async function bring(port: number, wanted: number): Promise<CarriedAnswer> {
  const startedAt = performance.now();
  const socket = await dial(port, order('all', wanted));
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await once(socket, 'close');
  if (bytes !== wanted) throw new Error(`${bytes} of ${wanted} bytes came`);
  return { port, bytes, tookMs: performance.now() - startedAt, echoMs: [] };
}

async function echo(port: number, everyMs: number, goOn: (count: number) => boolean) {
  const socket = await dial(port, order('echo'));
  const message = payload.subarray(0, echoBytes);
  const echoMs: number[] = [];
  // The first comes with what opening the connection takes.
  for (let count = -1; goOn(count); count += 1) {
    await delay(everyMs);
    const sentAt = performance.now();
    socket.write(message);
    for (let back = 0; back < echoBytes; ) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      back += chunk.length;
    }
    if (count >= 0) echoMs.push(performance.now() - sentAt);
  }
  socket.destroy();
  return echoMs;
}

async function stream({
  streams,
  ms,
  bitsPerSecond,
  everyMs,
}: Extract<CarriedQuestion, { streams: unknown }>): Promise<CarriedAnswer> {
  const pictureBytes = (bitsPerSecond / 8 / 1000) * pictureMs;
  let bytes = 0;
  const sockets = await Promise.all(
    streams.map(async (port, index) => {
      // Cameras don't take their pictures at the same moment.
      await delay((pictureMs * index) / streams.length);
      const socket = await dial(port, order('stream', pictureBytes));
      return socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
    }),
  );
  const startedAt = performance.now();
  const tookMs = (): number => performance.now() - startedAt;
  const [port = 0] = streams;
  const echoMs = await echo(port, everyMs, () => tookMs() < ms);
  for (const socket of sockets) socket.destroy();
  return { port, bytes, tookMs: tookMs(), echoMs };
}

answer<CarriedQuestion>(async (question): Promise<CarriedAnswer> => {
  if ('service' in question) {
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    return { port, bytes: 0, tookMs: 0, echoMs: [] };
  }
  if ('bytes' in question) return await bring(question.port, question.bytes);
  if ('streams' in question) return await stream(question);
  const { port, everyMs, echoes } = question;
  return {
    port,
    bytes: 0,
    tookMs: 0,
    echoMs: await echo(port, everyMs, (count) => count < echoes),
  };
});
