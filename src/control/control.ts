import type { Server } from 'node:http';
import { type FastifyError, type FastifyInstance, fastify } from 'fastify';
import { DuplicateError, UnknownNameError } from '../model/errors.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { ErrorAnswer } from '../contract/control.ts';
import type { ControlOptions } from './options.ts';
import { addRoutes } from './routes.ts';
import { listenPrivately } from './socket.ts';

const requestMs = 10_000;
const maxBodyBytes = 64 * 1024;
const maxConnections = 100;
/** How long requests that are being answered may take when the daemon stops. */
const finishMs = 1_000;

/** The operator's way in: HTTP and JSON over a Unix socket. */
export interface Control extends AsyncDisposable {
  readonly socket: string;
}

/** @throws {OperatorError} if another daemon answers at the socket, or it can't be made */
export async function startControl(options: ControlOptions): Promise<Control> {
  const app = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestMs,
    keepAliveTimeout: requestMs,
    // The handler answers requests that come while it stops; fastify's own 503 has another shape.
    return503OnClosing: false,
  });
  app.server.maxConnections = maxConnections;
  answerErrors(app, options.log);
  addRoutes(app, options);
  await app.ready();
  await listenPrivately(app.server, options.socket, options.group);
  options.log.info('control socket is open', { socket: options.socket });
  return {
    socket: options.socket,
    [Symbol.asyncDispose]: () => close(app, app.server),
  };
}

async function close(app: FastifyInstance, server: Server): Promise<void> {
  const impatience = setTimeout(() => server.closeAllConnections(), finishMs);
  try {
    await app.close();
  } finally {
    clearTimeout(impatience);
  }
}

function answerErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = statusOf(error);
    if (status < 500) return reply.code(status).send(sentence(describe(error)));
    log.error('request could not be answered', {
      request: `${request.method} ${request.url}`,
      cause: describeError(error),
    });
    return reply
      .code(status)
      .send(sentence(`The daemon could not answer: ${describeError(error)}. Its log has more.`));
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send(
        sentence(
          `The daemon has no ${request.method} ${request.url}. It may be of another version than this program.`,
        ),
      ),
  );
}

const sentence = (error: string): ErrorAnswer => ({ error });

// Errors of a request's form (no JSON, too long) are fastify's and have its status.
const describe = (error: Error): string =>
  error instanceof OperatorError ? error.message : `The request can't be used: ${error.message}`;

function statusOf(error: FastifyError): number {
  if (error instanceof UnknownNameError) return 404;
  if (error instanceof DuplicateError) return 409;
  if (error instanceof OperatorError) return 400;
  return error.statusCode ?? 500;
}
