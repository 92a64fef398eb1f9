import type { FastifyError, FastifyInstance } from 'fastify';
import { UnknownNameError } from '../model/errors.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import { HttpError, notThere } from '../lib/http-error.ts';
import type { Log } from '../lib/log.ts';

/** Answers errors with JSON. What went wrong inside is for the log alone. */
export function answerErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError | HttpError, request, reply) => {
    if (reply.sent) return;
    if (error instanceof HttpError) return reply.code(error.status).send({ error: error.message });
    // Names of others may be in its words.
    if (error instanceof UnknownNameError) {
      return reply.code(404).send({ error: notThere().message });
    }
    if (error instanceof OperatorError) return reply.code(409).send({ error: error.message });
    const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
    if (status < 500) {
      return reply.code(status).send({ error: `The request can't be used: ${error.message}` });
    }
    log.error('a browser could not be answered', {
      request: `${request.method} ${request.routeOptions.url ?? ''}`,
      cause: describeError(error),
    });
    return reply.code(status).send({ error: 'The server could not answer. Its log has more.' });
  });
}
