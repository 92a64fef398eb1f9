import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Door } from '../api/door.ts';
import { LoginRequest, SessionAnswer, SessionsAnswer } from '../contract/web.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ViewerCredentials } from '../model/viewer.ts';
import { networkOf, plainAddress } from '../lib/addresses.ts';
import type { FloodGate } from '../lib/flood-gate.ts';
import { HttpError } from '../lib/http-error.ts';
import type { Log } from '../lib/log.ts';
import { isPassword } from '../lib/password-hash.ts';
import { LoginLimit } from './login-limit.ts';
import type { Session, Sessions } from './sessions.ts';
import { SlowChecks } from './slow-checks.ts';

export interface SessionRouteParts {
  readonly ledger: Ledger;
  /** What is kept of a viewer's password. */
  readonly credentialsOf: (user: string, password: string) => ViewerCredentials;
  readonly log: Log;
}

/** Stands in for the hash of a viewer who doesn't exist, so that the answer takes as long. */
const nobody = '0'.repeat(64);

/** Logging in and out. */
export function addSessionRoutes(
  everyone: Door<undefined>,
  members: Door<Session>,
  sessions: Sessions,
  { ledger, credentialsOf, log }: SessionRouteParts,
  gate: FloodGate,
): void {
  const limit = new LoginLimit();
  const checks = new SlowChecks();

  const isViewer = (account: string, user: string, password: string): boolean => {
    const viewer = ledger.viewers.find(account, user);
    const kept = Buffer.from(viewer?.credentials.sha256 ?? nobody);
    const given = Buffer.from(credentialsOf(user, password).sha256);
    return timingSafeEqual(kept, given) && viewer !== undefined;
  };

  everyone.post(
    '/api/login',
    {
      summary: 'Begins a session, which a cookie keeps.',
      body: LoginRequest,
      also: {
        401: 'Account, user or password is wrong.',
        429: 'Too many tries; Retry-After says when again.',
      },
    },
    async ({ body: { account = '', user, password }, request, reply }) => {
      const network = networkOf(addressOf(request));
      const waitMs = limit.take(network, `${account}/${user}`, performance.now());
      if (waitMs > 0) {
        void reply.header('retry-after', Math.ceil(waitMs / 1000));
        throw new HttpError(429, 'Too many tries. Wait a little.');
      }
      const isRight =
        account === ''
          ? await checks.run(network, () => isPassword(password, ledger.operators.find(user)))
          : isViewer(account, user, password);
      const owner = account === '' ? { operator: user } : { account, viewer: user };
      if (!isRight || !sessions.begin(request, reply, owner)) {
        gate.warn(`refused ${network}`, 'login refused: wrong account, user or password', {
          account: account.slice(0, 63),
          user: user.slice(0, 64),
          address: addressOf(request),
        });
        throw new HttpError(401, 'Account, user or password is wrong.');
      }
      limit.succeeded(network, `${account}/${user}`, performance.now());
      log.info('a browser logged in', { account, user, address: addressOf(request) });
    },
  );

  members.post('/api/logout', { summary: 'Ends the session.' }, ({ request, reply }) =>
    sessions.end(request, reply),
  );

  members.get(
    '/api/sessions',
    { summary: 'Where whoever asks is logged in.', answer: SessionsAnswer },
    ({ request }) => ({ sessions: sessions.list(request) }),
  );

  members.delete(
    '/api/sessions',
    { summary: 'Ends all sessions of whoever asks but this one.' },
    ({ request }) => sessions.endOthers(request),
  );

  members.get(
    '/api/session',
    { summary: 'Who is logged in.', answer: SessionAnswer },
    ({ who }) => who,
  );
}

const addressOf = (request: FastifyRequest): string => plainAddress(request.ip);
