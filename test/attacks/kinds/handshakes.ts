import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { clientHello } from '../../support/client-hello.ts';
import { type Attack, strangerAddress } from '../attack.ts';

const atOnce = 400;

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
      // The daemon has accepted all of them, and they come at the same moment.
      await delay(500);
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
