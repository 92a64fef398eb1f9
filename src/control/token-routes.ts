import type { FastifyInstance } from 'fastify';
import type { NewTokenAnswer, TokensAnswer } from '../contract/control.ts';
import type { ControlParts } from './options.ts';
import { newToken, parseRequest } from './requests.ts';

interface OfAccount {
  readonly Params: { readonly account: string };
}

interface NamedToken {
  readonly Params: { readonly account: string; readonly id: string };
}

export function addTokenRoutes(app: FastifyInstance, { ledger, log }: ControlParts): void {
  app.get<OfAccount>(
    '/accounts/:account/tokens',
    (request): TokensAnswer => ({ tokens: ledger.tokens.list(request.params.account) }),
  );

  app.post<OfAccount>('/accounts/:account/tokens', (request, reply) => {
    const { account } = request.params;
    const { uses, lifeMs, ...stream } = parseRequest(newToken, request.body);
    const expiresMs = Date.now() + lifeMs;
    const made: NewTokenAnswer = ledger.tokens.add({ account, uses, expiresMs, ...stream });
    log.info('enrolment opened', {
      account,
      id: made.id,
      uses,
      until: new Date(expiresMs).toISOString(),
    });
    return reply.code(201).send(made);
  });

  app.delete<NamedToken>('/accounts/:account/tokens/:id', (request, reply) => {
    const { account, id } = request.params;
    ledger.tokens.revoke(account, id);
    log.info('enrolment revoked', { account, id });
    return reply.code(204).send();
  });
}
