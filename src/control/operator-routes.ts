import type { Door } from '../api/door.ts';
import {
  type Operator,
  OperatorAnswer,
  OperatorRequest,
  OperatorsAnswer,
  PasswordRequest,
} from '../contract/viewers.ts';
import { hashPassword } from '../lib/password-hash.ts';
import { checkPassword } from './password-rules.ts';
import type { ViewerRouteParts } from './viewer-routes.ts';

/** Who may see all accounts' cameras in a browser. */
export function addOperatorRoutes(
  door: Door<unknown>,
  { ledger, makePassword, log }: Pick<ViewerRouteParts, 'ledger' | 'makePassword' | 'log'>,
): void {
  /** Sets the password that is given, or a new one: `set` gets what is kept of it. */
  const login = async (
    name: string,
    given: string | undefined,
    set: (hash: Uint8Array) => Operator,
  ): Promise<OperatorAnswer> => {
    if (given !== undefined) checkPassword(given, { account: '', name });
    const made = given === undefined ? makePassword() : undefined;
    return { operator: set(await hashPassword(given ?? made ?? '')), password: made };
  };

  door.get('/operators', { answer: OperatorsAnswer }, () => ({
    operators: ledger.operators.list(),
  }));

  door.post(
    '/operators',
    { body: OperatorRequest, answer: OperatorAnswer, status: 201 },
    async ({ body: { name, password } }) => {
      const answer = await login(name, password, (hash) => ledger.operators.add(name, hash));
      log.info('operator added', { operator: name });
      return answer;
    },
  );

  door.post(
    '/operators/{name}/password',
    { body: PasswordRequest, answer: OperatorAnswer },
    async ({ params: { name }, body: { password } }) => {
      const answer = await login(name, password, (hash) =>
        ledger.operators.setPassword(name, hash),
      );
      log.info('operator has a new password', { operator: name });
      return answer;
    },
  );

  door.delete('/operators/{name}', {}, ({ params: { name } }) => {
    ledger.operators.remove(name);
    log.info('operator removed', { operator: name });
  });
}
