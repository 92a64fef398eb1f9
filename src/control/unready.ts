import { createServer } from 'node:http';
import { once } from 'node:events';
import type { ErrorAnswer } from '../contract/answer.ts';
import { listenPrivately } from './socket.ts';

/**
 * Stands where the control socket will be, and answers all that is asked with `sentence`: why there
 * is no daemon to answer, and what to do.
 *
 * @throws {OperatorError} if a daemon answers at the socket, or it can't be made
 */
export async function startUnready(socket: string, sentence: string): Promise<AsyncDisposable> {
  const answer: ErrorAnswer = { error: sentence };
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(503, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(answer));
  });
  server.maxConnections = 20;
  await listenPrivately(server, socket, undefined);
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
