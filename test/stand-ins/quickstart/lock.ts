import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { errorCode } from '../../../src/lib/errors.ts';

/**
 * Keeps a second quickstart from a directory while one runs there: their S3 servers and daemons would write over
 * each other's files. It ends with the process, also when that is killed.
 *
 * @param file a socket in that directory, at most 107 bytes long (unix(7))
 * @throws when another process holds it
 */
export async function lock(file: string): Promise<AsyncDisposable> {
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, file);
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error;
    if (await answers(file)) throw new Error(`another quickstart runs here (${file} answers)`);
    // Left by one that was killed.
    await rm(file);
    await listen(server, file);
  }
  server.unref();
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  server.listen(path);
  await once(server, 'listening');
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
