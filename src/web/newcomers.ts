import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { plainAddress } from '../lib/addresses.ts';
import { Admission, type AdmissionLimits } from '../lib/admission.ts';
import type { FloodGate } from '../lib/flood-gate.ts';

export const usualNewcomers: AdmissionLimits = {
  most: 800,
  mostPerNetwork: 200,
  patienceMs: 5_000,
};

const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

/** Limits the connections to `server` that have asked for nothing yet, before TLS as after it. */
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
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket);
    const leave = admission.enter(plainAddress(socket.remoteAddress ?? ''), () =>
      refuse(socket, 'it asked for nothing, and others wait'),
    );
    if (typeof leave === 'string') return refuse(socket, leave);
    newcomers.set(name, leave);
    socket.once('close', () => settle(name));
  });
  server.on('request', ({ socket }: IncomingMessage) => settle(nameOf(socket)));
  server.on('upgrade', ({ socket }: IncomingMessage) => settle(nameOf(socket)));
}
