import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A port of 127.0.0.1 that is free now: `preferred`, if it is. */
export async function freePort(preferred = 0): Promise<number> {
  const server = createServer();
  try {
    server.listen(preferred, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (error) {
    if (preferred === 0) throw error;
    return await freePort();
  } finally {
    server.close();
  }
}

/**
 * Ports of 127.0.0.1 that are free now, from below those that the kernel hands out, so that no socket
 * of somebody else takes them meanwhile.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const wanted = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await freePort(wanted)) === wanted) ports.add(wanted);
  }
  return [...ports];
}
