import { wallNow } from '../lib/clock.ts';
import type { Door } from '../api/door.ts';
import { NewTokenAnswer, TokenRequest, TokensAnswer } from '../contract/accounts.ts';
import type { CameraRouteParts } from './camera-routes.ts';

/** Tokens by which cameras enrol themselves. */
export function addTokenRoutes(
  door: Door<unknown>,
  { ledger, log }: Pick<CameraRouteParts, 'ledger' | 'log'>,
): void {
  door.get('/accounts/{account}/tokens', { answer: TokensAnswer }, ({ params: { account } }) => ({
    tokens: ledger.tokens.list(account),
  }));

  door.post(
    '/accounts/{account}/tokens',
    { body: TokenRequest, answer: NewTokenAnswer, status: 201 },
    ({ params: { account }, body: { uses, lifeMs, ...stream } }) => {
      const expiresMs = wallNow() + lifeMs;
      const made = ledger.tokens.add({ account, uses, expiresMs, ...stream });
      const until = new Date(expiresMs).toISOString();
      log.info('enrolment opened', { account, id: made.id, uses, until });
      return made;
    },
  );

  door.delete('/accounts/{account}/tokens/{id}', {}, ({ params: { account, id } }) => {
    ledger.tokens.revoke(account, id);
    log.info('enrolment revoked', { account, id });
  });
}
