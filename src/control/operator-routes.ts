import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { ControlParts } from './options.ts';
import { parseRequest } from './requests.ts';
import { checkPassword } from './viewer-requests.ts';
import { hashPassword } from '../web/passwords.ts';
import type { Operator } from '../model/operator.ts';

/** GET /operators */
export interface OperatorsAnswer {
  readonly operators: readonly Operator[];
}

/** POST /operators, POST /operators/NAME/password */
export interface OperatorAnswer {
  readonly operator: Operator;
  /** If it was made here. It is told this once, and not kept. */
  readonly password?: string;
}

const password = z.string().max(200).exactOptional();
const newOperator = z.strictObject({ name: z.string().max(200), password });
const newPassword = z.strictObject({ password });

interface Named {
  readonly Params: { readonly name: string };
}

/** Who may see all accounts' cameras in a browser. */
export function addOperatorRoutes(
  app: FastifyInstance,
  { ledger, log, watching }: Pick<ControlParts, 'ledger' | 'log' | 'watching'>,
): void {
  /** Sets the password that is given, or one that is made here: `set` gets what is kept of it. */
  const login = async (
    name: string,
    given: string | undefined,
    set: (hash: Uint8Array) => Operator,
  ): Promise<OperatorAnswer> => {
    if (given !== undefined) checkPassword(given, { account: '', name });
    const chosen = given ?? watching.makePassword();
    const operator = set(await hashPassword(chosen));
    return { operator, ...(given === undefined ? { password: chosen } : {}) };
  };

  app.get('/operators', (): OperatorsAnswer => ({ operators: ledger.operators.list() }));

  app.post('/operators', async (request, reply) => {
    const { name, password: given } = parseRequest(newOperator, request.body);
    const answer = await login(name, given, (hash) => ledger.operators.add(name, hash));
    log.info('operator added', { operator: name });
    return reply.code(201).send(answer);
  });

  app.post<Named>('/operators/:name/password', async (request): Promise<OperatorAnswer> => {
    const { name } = request.params;
    const { password: given } = parseRequest(newPassword, request.body);
    const answer = await login(name, given, (hash) => ledger.operators.setPassword(name, hash));
    log.info('operator has a new password', { operator: name });
    return answer;
  });

  app.delete<Named>('/operators/:name', (request, reply) => {
    const { name } = request.params;
    ledger.operators.remove(name);
    log.info('operator removed', { operator: name });
    return reply.code(204).send();
  });
}
