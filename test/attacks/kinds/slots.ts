import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Attack, strangerAddress, type Target } from '../attack.ts';

interface Silence {
  readonly name: string;
  readonly port: (target: Target) => number;
  /** Connections that are kept open, and those that are opened anew each second. */
  readonly open: number;
  readonly perSecond: number;
  readonly from: (n: number) => string;
  /** The first bytes; none unless given. */
  readonly says?: string;
}

/** Connections that say nothing, and are opened anew when they are closed. */
const silent = ({ name, port, open, perSecond, from, says }: Silence): Attack => ({
  name,
  by: 'stranger',
  unit: 'connections',
  async run({ target, signal, count }) {
    const sockets = new Set<Socket>();
    const began = performance.now();
    let opened = 0;
    while (!signal.aborted) {
      const due = ((performance.now() - began) / 1_000) * perSecond;
      while (opened < due && sockets.size < open) {
        const socket = connect({
          host: '127.0.0.1',
          port: port(target),
          localAddress: from(opened),
        });
        sockets.add(socket);
        socket.on('error', () => {});
        socket.resume();
        socket.once('close', () => sockets.delete(socket));
        if (says !== undefined) socket.write(says);
        opened += 1;
        count();
      }
      await delay(10);
    }
    for (const socket of sockets) socket.destroy();
  },
});

const tunnel = ({ tunnelPort }: Target): number => tunnelPort;
const gateway = ({ gatewayPort }: Target): number => gatewayPort;
const page = ({ webPort }: Target): number => webPort;

export const slots = [
  silent({
    name: '50 silent SSH connections a second of 3 addresses',
    port: tunnel,
    open: 2_000,
    perSecond: 50,
    from: (n) => strangerAddress(n % 3, 1),
  }),
  silent({
    name: '1,000 silent SSH connections a second of 1,000 networks',
    port: tunnel,
    open: 4_000,
    perSecond: 1_000,
    from: (n) => strangerAddress(n % 1_000, n),
    says: 'SSH-2.0-OpenSSH_9.6\r\n',
  }),
  silent({
    name: '500 silent RTSP connections of 64 networks',
    port: gateway,
    open: 500,
    perSecond: 2_000,
    from: (n) => strangerAddress(n % 64, n),
  }),
  silent({
    name: '2,100 silent connections of one address at the page',
    port: page,
    open: 2_100,
    perSecond: 1_000,
    from: () => strangerAddress(7, 7),
  }),
  silent({
    name: '2,100 silent connections of 64 networks at the page',
    port: page,
    open: 2_100,
    perSecond: 1_000,
    from: (n) => strangerAddress(n % 64, n),
  }),
];
