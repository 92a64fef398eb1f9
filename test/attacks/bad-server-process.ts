import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Misdeed } from './misdeed.ts';

// A server that answers as no server should, while somebody is connected to its control port and has said
// which misdeed it wants. Otherwise it passes all on to the real one.

const upstream = URL.parse(process.argv[2] ?? '');
const sockets = new Set<Socket>();
const chunk = Buffer.alloc(64 * 1024, '<Key>k</Key>');
let misdeed: Misdeed | undefined;
let tell: (line: string) => void = () => {};

const control = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (line) => {
    misdeed = line.toString().trim() as Misdeed;
    tell = (words) => void socket.write(`${words}\n`);
    // Connections that are kept alive would still lead to the real server.
    for (const one of sockets) one.destroy();
  });
  socket.once('close', () => {
    misdeed = undefined;
    for (const one of sockets) one.destroy();
  });
});

const http = createServer((socket) => {
  keep(socket);
  if (misdeed !== undefined) {
    socket.on('data', () => void misbehave(socket, misdeed));
    return;
  }
  if (upstream === null) {
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    return;
  }
  const real = connect(Number(upstream.port), upstream.hostname);
  keep(real);
  real.once('close', () => socket.destroy());
  socket.once('close', () => real.destroy());
  socket.pipe(real).pipe(socket);
});

const smtp = createServer((socket) => {
  keep(socket);
  socket.resume();
  if (misdeed === undefined) socket.end('421 not now\r\n');
  else void endlessly(socket, Buffer.from('220-welcome\r\n'.repeat(5_000)));
});

function keep(socket: Socket): void {
  sockets.add(socket);
  socket.on('error', () => {});
  socket.once('close', () => sockets.delete(socket));
}

async function misbehave(socket: Socket, how: Misdeed | undefined): Promise<void> {
  if (how === undefined || socket.bytesWritten > 0) return;
  tell('asked');
  switch (how) {
    case 'endless answer':
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\n\r\n<ListBucketResult>');
      return await endlessly(socket, chunk);
    case 'endless error':
      socket.write(
        'HTTP/1.1 400 Bad Request\r\ncontent-type: application/xml\r\n\r\n<Error><Message>',
      );
      return await endlessly(socket, chunk);
    case 'endless header':
      socket.write('HTTP/1.1 200 OK\r\n');
      return await endlessly(socket, Buffer.from('x-more: yes\r\n'.repeat(5_000)));
    case 'drip':
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n');
      return await dripping(socket);
    case 'redirect':
      socket.write(
        `HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1:${portOf(http)}/again\r\ncontent-length: 0\r\n\r\n`,
      );
      return void socket.end();
    case 'same token': {
      const body =
        '<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated>' +
        '<NextContinuationToken>same</NextContinuationToken></ListBucketResult>';
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/xml\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      return void socket.end();
    }
  }
}

async function endlessly(socket: Socket, bytes: Buffer): Promise<void> {
  while (!socket.destroyed) {
    if (socket.write(bytes)) continue;
    await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {});
  }
}

async function dripping(socket: Socket): Promise<void> {
  const timer = setInterval(() => socket.write('x'), 1_000);
  await once(socket, 'close').catch(() => {});
  clearInterval(timer);
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return portOf(server);
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

process.on('disconnect', () => process.exit());
process.send?.({
  http: await listening(http),
  smtp: await listening(smtp),
  control: await listening(control),
});
