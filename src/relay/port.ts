import { once } from 'node:events';
import { createServer } from 'node:net';
import { RelayFaultError } from './watch.ts';

/** Longer than any TIME_WAIT, during which a relay fails to bind a port again, without an error. */
const restMs = 120_000;
const lastTaken = new Map<number, number>();

async function ephemeralPort(): Promise<number> {
  const server = createServer();
  server.listen({ host: '127.0.0.1', port: 0, exclusive: true });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/**
 * A TCP port of 127.0.0.1 that is free and was not returned in the last two minutes. Another
 * process may still take it first: check who listens there.
 */
export async function freePort(): Promise<number> {
  for (const [port, takenAt] of lastTaken) {
    if (performance.now() - takenAt > restMs) lastTaken.delete(port);
  }
  for (let tries = 0; tries < 100; tries += 1) {
    const port = await ephemeralPort();
    if (port === 0 || lastTaken.has(port)) continue;
    lastTaken.set(port, performance.now());
    return port;
  }
  throw new RelayFaultError('no free TCP port on 127.0.0.1');
}
