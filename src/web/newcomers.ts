import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { plainAddress } from '../lib/addresses.ts';
import { Admission, type AdmissionLimits } from '../lib/admission.ts';
import type { FloodGate } from '../lib/flood-gate.ts';
import { Turns } from '../lib/turns.ts';

export const usualNewcomers: AdmissionLimits = {
  most: 800,
  mostPerNetwork: 200,
  patienceMs: 5_000,
};

/** Each costs a signature of our certificate's key, and more: a millisecond or two. */
const handshakesPerTurn = 5;
/** In which a newcomer must say the first word. Ample for the worst line. */
const firstWordMs = 10_000;

const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/**
 * Limits the connections to `server` that have asked for nothing yet, before TLS as after it. TLS begins when
 * its client has begun, and for few clients at a time: many at once would hold up all else. To be called
 * before the server listens.
 */
export function admitNewcomers(
  server: Server,
  gate: FloodGate,
  limits: AdmissionLimits = usualNewcomers,
): void {
  const admission = new Admission(() => limits);
  /** By address and port, which the TLS socket has as well as the one under it. */
  const newcomers = new Map<string, () => void>();
  const settle = (name: string): void => {
    newcomers.get(name)?.();
    newcomers.delete(name);
  };
  const refuse = (socket: Socket, why: string): void => {
    const address = plainAddress(socket.remoteAddress ?? '');
    gate.warn('newcomers', `closed a connection to the page: ${why}`, { address });
    socket.destroy();
  };
  const [serve] = server.listeners('connection');
  server.removeAllListeners('connection');
  const turns = new Turns(handshakesPerTurn);
  const begin = (socket: Socket): void => {
    if (!socket.destroyed) serve?.call(server, socket);
  };
  const waitForFirstWord = (socket: Socket): void => {
    const timer = setTimeout(() => refuse(socket, 'it said nothing'), firstWordMs);
    socket.once('close', () => clearTimeout(timer));
    socket.once('readable', () => {
      clearTimeout(timer);
      if (socket.readableLength === 0) socket.destroy();
      else turns.take(() => begin(socket));
    });
  };
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    // Whoever hangs up before the server has begun to serve.
    socket.on('error', () => socket.destroy());
    const leave = admission.enter(plainAddress(socket.remoteAddress ?? ''), () =>
      refuse(socket, 'it asked for nothing, and others wait'),
    );
    if (typeof leave === 'string') return refuse(socket, leave);
    newcomers.set(name, leave);
    socket.once('close', () => settle(name));
    if (server instanceof TlsServer) waitForFirstWord(socket);
    else begin(socket);
  });
  server.on('request', ({ socket }: IncomingMessage) => settle(nameOf(socket)));
  server.on('upgrade', ({ socket }: IncomingMessage) => settle(nameOf(socket)));
}
