import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { networkOf, plainAddress } from '../lib/addresses.ts';
import type { FloodGate } from '../lib/flood-gate.ts';
import type { Api } from './api.ts';
import { HttpError } from '../lib/http-error.ts';
import { LoginLimit } from './login-limit.ts';
import type { WebParts } from './options.ts';
import { isPassword } from './passwords.ts';
import { login, problem, session as sessionAnswer } from '../contract/web.ts';
import type { Sessions } from './sessions.ts';

/** Stands in for the hash of who doesn't exist, so that the same is done for all. */
const nobody = '0'.repeat(64);

/** Logging in and out. */
export function addSessionRoutes(
  api: Api,
  sessions: Sessions,
  { ledger, credentialsOf, log }: Pick<WebParts, 'ledger' | 'credentialsOf' | 'log'>,
  gate: FloodGate,
): void {
  const limit = new LoginLimit();

  const isViewer = (account: string, user: string, password: string): boolean => {
    const viewer = ledger.viewers.find(account, user);
    const kept = Buffer.from(viewer?.credentials.sha256 ?? nobody);
    const given = Buffer.from(credentialsOf(user, password).sha256);
    return timingSafeEqual(kept, given) && viewer !== undefined;
  };

  api.add({
    method: 'POST',
    path: '/api/login',
    summary: 'Begins a session, which a cookie keeps.',
    access: 'everyone',
    body: login,
    answers: {
      204: { description: 'Logged in.' },
      401: { description: 'Account, user or password is wrong.', schema: problem },
      429: { description: 'Too many tries; Retry-After says when again.', schema: problem },
    },
    handle: async ({ body: { account = '', user, password }, request, reply }) => {
      const network = networkOf(addressOf(request));
      const waitMs = limit.take(network, `${account}/${user}`, performance.now());
      if (waitMs > 0) {
        void reply.header('retry-after', Math.ceil(waitMs / 1000));
        throw new HttpError(429, 'Too many tries. Wait a little.');
      }
      const isRight =
        account === ''
          ? await isPassword(password, ledger.operators.find(user))
          : isViewer(account, user, password);
      const owner = account === '' ? { operator: user } : { account, viewer: user };
      if (!isRight || !sessions.begin(reply, owner)) {
        gate.warn(`refused ${network}`, 'a browser was refused: wrong account, user or password', {
          account: account.slice(0, 63),
          user: user.slice(0, 64),
          address: addressOf(request),
        });
        throw new HttpError(401, 'Account, user or password is wrong.');
      }
      limit.giveBack(network, `${account}/${user}`, performance.now());
      log.info('a browser logged in', { account, user, address: addressOf(request) });
      return reply.code(204).send();
    },
  });

  api.add({
    method: 'POST',
    path: '/api/logout',
    summary: 'Ends the session.',
    access: 'session',
    answers: { 204: { description: 'Logged out.' } },
    handle: ({ request, reply }) => {
      sessions.end(request, reply);
      return reply.code(204).send();
    },
  });

  api.add({
    method: 'GET',
    path: '/api/session',
    summary: 'Who is logged in.',
    access: 'session',
    answers: { 200: { description: 'It is.', schema: sessionAnswer } },
    handle: ({ session }) => {
      if (session.role === 'operator') {
        const { role, user, csrf } = session;
        return { role, user, csrf };
      }
      const { role, account, user, timeZone, csrf } = session;
      return { role, account, user, timeZone, csrf };
    },
  });
}

const addressOf = (request: FastifyRequest): string => plainAddress(request.ip);
