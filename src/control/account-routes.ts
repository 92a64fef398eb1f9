import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { formatCameraName } from '../model/camera-name.ts';
import type { AccountsAnswer } from '../contract/control.ts';
import type { ControlParts } from './options.ts';
import { cut } from './pages.ts';
import { newAccount, newName, page, parseRequest } from './requests.ts';
import { publicAddresses } from './watching.ts';

/** POST /accounts/ACCOUNT/rename */
export interface RenamedAccountAnswer {
  /** How many cameras dial in anew, since they were connected. */
  readonly disconnected: number;
  /** The user names of its viewers, which stay as they are. */
  readonly viewers: readonly string[];
  /** With `CAMERA` for a camera's name; empty without a gateway. The best comes first. */
  readonly addresses: readonly string[];
}

interface NamedAccount {
  readonly Params: { readonly account: string };
}

const removal = z.strictObject({
  cameras: z.enum(['true', 'false'], { error: () => 'cameras must be true or false' }).optional(),
});

export function addAccountRoutes(app: FastifyInstance, parts: ControlParts): void {
  const { ledger, fleet, log, disconnect, watching } = parts;

  app.get('/accounts', (request): AccountsAnswer => {
    const [accounts, next] = cut(
      ledger.accounts.list(),
      ({ name }) => name,
      parseRequest(page, request.query),
    );
    return { accounts, ...next };
  });

  app.post('/accounts', (request, reply) => {
    const { name } = parseRequest(newAccount, request.body);
    const account = ledger.accounts.add(name);
    log.info('account added', { account: name });
    return reply.code(201).send(account);
  });

  app.post<NamedAccount>('/accounts/:account/rename', (request): RenamedAccountAnswer => {
    const { account: from } = request.params;
    const { name: to } = parseRequest(newName, request.body);
    ledger.accounts.rename(from, to);
    log.info('account renamed', { account: to, before: from });
    const why = `the account was renamed to ${to}`;
    // What a camera records carries its name: it is to dial in anew.
    const connected = fleet().filter(({ account }) => account === from);
    for (const { account, camera } of connected) {
      const now = { account: to, camera };
      ledger.states.note(now, 'camera offline', `closed by the daemon: ${why}`, Date.now());
      disconnect({ account, camera }, why);
    }
    watching.gateway?.disconnect({ account: from }, why);
    const place = watching.gateway?.place;
    return {
      disconnected: connected.length,
      viewers: ledger.viewers.list(to).map(({ name }) => name),
      addresses: place === undefined ? [] : publicAddresses(place, to, 'CAMERA'),
    };
  });

  app.delete<NamedAccount>('/accounts/:account', (request, reply) => {
    const { account } = request.params;
    const { cameras } = parseRequest(removal, request.query);
    const removed = ledger.accounts.remove(account, cameras === 'true');
    log.info('account removed', { account, cameras: removed.map(formatCameraName) });
    for (const camera of removed) disconnect(camera, 'its account was removed');
    watching.gateway?.disconnect({ account }, 'the account was removed');
    return reply.code(204).send();
  });
}
