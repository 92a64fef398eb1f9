import { wallNow } from '../lib/clock.ts';
import type { Door } from '../api/door.ts';
import { pageOf } from '../api/pages.ts';
import {
  AccountAnswer,
  AccountRemovalRequest,
  AccountsAnswer,
  RenamedAccountAnswer,
  TimeZoneRequest,
} from '../contract/accounts.ts';
import { NameRequest, PageRequest } from '../contract/answer.ts';
import { formatCameraName } from '../model/camera-name.ts';
import type { CameraRouteParts } from './camera-routes.ts';
import { publicAddresses, type WatchedGateway } from './watching.ts';

export interface AccountRouteParts
  extends Pick<CameraRouteParts, 'ledger' | 'fleet' | 'disconnect' | 'log'> {
  /** Undefined: none is configured. */
  readonly gateway: WatchedGateway | undefined;
}

export function addAccountRoutes(
  door: Door<unknown>,
  { ledger, fleet, gateway, disconnect, log }: AccountRouteParts,
): void {
  door.get('/accounts', { query: PageRequest, answer: AccountsAnswer }, ({ query }) => {
    const { items: accounts, next } = pageOf(ledger.accounts.list(), ({ name }) => name, query);
    return { accounts, next };
  });

  door.post(
    '/accounts',
    { body: NameRequest, answer: AccountAnswer, status: 201 },
    ({ body: { name } }) => {
      const account = ledger.accounts.add(name);
      log.info('account added', { account: name });
      return account;
    },
  );

  door.post(
    '/accounts/{account}/rename',
    { body: NameRequest, answer: RenamedAccountAnswer },
    ({ params: { account: from }, body: { name: to } }) => {
      ledger.accounts.rename(from, to);
      log.info('account renamed', { account: to, before: from });
      const why = `the account was renamed to ${to}`;
      // Recordings carry the account's name, so connected cameras have to dial in anew.
      const connected = fleet().filter(({ account }) => account === from);
      for (const { account, camera } of connected) {
        const now = { account: to, camera };
        ledger.states.note(now, 'camera offline', `closed by the daemon: ${why}`, wallNow());
        disconnect({ account, camera }, why);
      }
      gateway?.disconnect({ account: from }, why);
      return {
        disconnected: connected.length,
        viewers: ledger.viewers.list(to).map(({ name }) => name),
        addresses: publicAddresses(gateway?.place, to, 'CAMERA'),
      };
    },
  );

  door.post(
    '/accounts/{account}/time-zone',
    { body: TimeZoneRequest },
    ({ params: { account }, body: { timeZone } }) => {
      ledger.accounts.setTimeZone(account, timeZone);
      log.info('account has another time zone', { account, timeZone });
    },
  );

  door.delete(
    '/accounts/{account}',
    { query: AccountRemovalRequest },
    ({ params: { account }, query: { cameras } }) => {
      const removed = ledger.accounts.remove(account, cameras === 'true');
      log.info('account removed', { account, cameras: removed.map(formatCameraName) });
      for (const camera of removed) disconnect(camera, 'its account was removed');
      gateway?.disconnect({ account }, 'the account was removed');
    },
  );
}
