import { chownSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { once } from 'node:events';
import { describeError, errorCode, OperatorError } from '../lib/errors.ts';
import { groupId } from '../lib/groups.ts';

/** What the kernel takes as the path of a socket (unix(7)), less the byte that ends it. */
const maxPathBytes = 107;

/**
 * Makes `server` listen on a socket that only its owner and its group may open. A socket that a dead
 * daemon left behind is replaced.
 *
 * @throws {OperatorError} if a daemon answers there, or the socket can't be made
 */
export async function listenPrivately(
  server: Server,
  path: string,
  group: string | undefined,
): Promise<void> {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new OperatorError(
      `control.socket: ${path} is longer than the ${maxPathBytes} bytes that a socket's path may have. Choose a shorter one.`,
    );
  }
  const gid = group === undefined ? undefined : groupId(group);
  if (group !== undefined && gid === undefined) {
    throw new OperatorError(
      `control.group: there is no group ${group} on this machine. Create it with: groupadd --system ${group}`,
    );
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    await removeStale(path);
    await bind(server, path);
    if (gid !== undefined) chownSync(path, -1, gid);
  } catch (error) {
    server.close();
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `The control socket ${path} can't be made: ${describeError(error)}. Give control.socket a place where the daemon may write.`,
      { cause: error },
    );
  }
}

async function bind(server: Server, path: string): Promise<void> {
  // The socket gets its mode as it is made, so there is no moment in which others may open it.
  // Binding to a path happens before listen() returns.
  const before = process.umask(0o117);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  await once(server, 'listening');
}

async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new OperatorError(
      `${path} is in the way: it is not a socket. Move it away, or set control.socket to another path.`,
    );
  }
  if (await answers(path)) {
    throw new OperatorError(
      `A daemon is running already: it answers at ${path}. Stop that one, or give this one its own control.socket and stateDirectory.`,
    );
  }
  unlinkSync(path);
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (errorCode(error) === 'ECONNREFUSED' || errorCode(error) === 'ENOENT') return false;
    // A full backlog (EAGAIN) is a daemon too, if a busy one.
    if (errorCode(error) === 'EAGAIN') return true;
    throw error;
  } finally {
    socket.destroy();
  }
}
