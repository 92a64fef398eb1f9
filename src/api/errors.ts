import type { FastifyError, FastifyInstance } from 'fastify';
import type { ErrorAnswer } from '../contract/answer.ts';
import { DuplicateError, UnknownNameError } from '../model/errors.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import { HttpError, notThere } from '../lib/http-error.ts';
import type { Log } from '../lib/log.ts';

/**
 * Answers errors with JSON.
 *
 * @param forOperators who may read the names of others, and what went wrong inside; without it, that
 *   is for the log alone
 */
export function answerErrors(app: FastifyInstance, log: Log, forOperators: boolean): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (reply.sent) return;
    const status = statusOf(error);
    if (status >= 500 && !(error instanceof HttpError)) {
      log.error('request could not be answered', {
        request: `${request.method} ${request.routeOptions.url ?? ''}`,
        cause: describeError(error),
      });
    }
    const answer: ErrorAnswer = { error: wordsOf(error, status, forOperators) };
    return reply.code(status).send(answer);
  });
}

function statusOf(error: FastifyError): number {
  if (error instanceof HttpError) return error.status;
  if (error instanceof UnknownNameError) return 404;
  if (error instanceof DuplicateError) return 409;
  if (error instanceof OperatorError) return 400;
  // Errors of a request's form (no JSON, too long) are fastify's.
  return error.statusCode ?? 500;
}

function wordsOf(error: Error, status: number, forOperators: boolean): string {
  if (error instanceof UnknownNameError && !forOperators) return notThere().message;
  if (error instanceof HttpError || error instanceof OperatorError) return error.message;
  if (status < 500) return `The request can't be used: ${error.message}`;
  return forOperators
    ? `The daemon could not answer: ${describeError(error)}. Its log has more.`
    : 'The server could not answer. Its log has more.';
}
