import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** A table is not read in one go, so that a row may be missed. */
const readings = 3;

/**
 * The user who made a connection over 127.0.0.1, by the kernel's table of connections (proc_pid_net(5)).
 *
 * @returns undefined if the table doesn't have the connection: it has ended, or is not one of 127.0.0.1
 */
export async function peerUser(socket: Socket): Promise<number | undefined> {
  const { remotePort, localPort } = socket;
  if (remotePort === undefined || localPort === undefined) return undefined;
  const row = new RegExp(` ${hexOf(remotePort)} ${hexOf(localPort)} \\S+ \\S+ \\S+ \\S+ +(\\d+) `);
  for (let reading = 0; reading < readings; reading += 1) {
    const user = row.exec(await readFile('/proc/self/net/tcp', 'latin1'))?.[1];
    if (user !== undefined) return Number(user);
  }
  return undefined;
}

/** Of 127.0.0.1, in the table's form: the address in the machine's byte order, which is little-endian. */
const hexOf = (port: number): string =>
  `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;

/** Whether a connection over 127.0.0.1 was made by our own user or by root. */
export async function isOwnUser(socket: Socket): Promise<boolean> {
  const user = await peerUser(socket);
  return user === 0 || (user !== undefined && user === process.getuid?.());
}
