import type { Door } from '../api/door.ts';
import { pageOf } from '../api/pages.ts';
import {
  AddressesAnswer,
  LoginAnswer,
  PasswordRequest,
  type Viewer,
  ViewerRequest,
  ViewersAnswer,
  ViewersRequest,
  WatchersAnswer,
} from '../contract/viewers.ts';
import { formatViewerName, type ViewerCredentials, type ViewerName } from '../model/viewer.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Log } from '../lib/log.ts';
import { checkPassword } from './password-rules.ts';
import { publicAddresses, type WatchedGateway } from './watching.ts';

export interface ViewerRouteParts {
  readonly ledger: Ledger;
  /** Undefined: none is configured. */
  readonly gateway: WatchedGateway | undefined;
  readonly makePassword: () => string;
  /** What is kept of a viewer's password. */
  readonly credentialsOf: (user: string, password: string) => ViewerCredentials;
  readonly log: Log;
}

/** Who may watch, and who does. */
export function addViewerRoutes(door: Door<unknown>, parts: ViewerRouteParts): void {
  const { ledger, gateway, log } = parts;

  /** Sets the password that is given, or a new one: `set` gets what is kept of it. */
  const login = (
    viewer: ViewerName,
    given: string | undefined,
    set: (credentials: ViewerCredentials) => Viewer,
  ): LoginAnswer => {
    if (given !== undefined) checkPassword(given, viewer);
    const made = given === undefined ? parts.makePassword() : undefined;
    return {
      viewer: set(parts.credentialsOf(viewer.name, given ?? made ?? '')),
      password: made,
      addresses: publicAddresses(gateway?.place, viewer.account, 'CAMERA'),
    };
  };

  door.get(
    '/viewers',
    { query: ViewersRequest, answer: ViewersAnswer },
    ({ query: { account, ...range } }) => {
      const sorted = ledger.viewers
        .list(account)
        .sort((a, b) => (formatViewerName(a) < formatViewerName(b) ? -1 : 1));
      const { items: viewers, next } = pageOf(sorted, formatViewerName, range);
      return { viewers, next };
    },
  );

  door.post(
    '/viewers',
    { body: ViewerRequest, answer: LoginAnswer, status: 201 },
    ({ body: { password, ...viewer } }) => {
      const answer = login(viewer, password, (credentials) =>
        ledger.viewers.add({ ...viewer, credentials }),
      );
      const { account, name, cameras } = viewer;
      log.info('viewer added', { account, viewer: name, cameras });
      return answer;
    },
  );

  door.post(
    '/viewers/{account}/{name}/password',
    { body: PasswordRequest, answer: LoginAnswer },
    ({ params, body: { password } }) => {
      const answer = login(params, password, (credentials) =>
        ledger.viewers.setCredentials(params, credentials),
      );
      const { account, name: viewer } = params;
      log.info('viewer has a new password', { account, viewer });
      gateway?.disconnect({ account, viewer }, 'the password was changed');
      return answer;
    },
  );

  door.delete('/viewers/{account}/{name}', {}, ({ params }) => {
    ledger.viewers.remove(params);
    const { account, name: viewer } = params;
    log.info('viewer removed', { account, viewer });
    gateway?.disconnect({ account, viewer }, 'the viewer was removed');
  });

  door.get('/watchers', { answer: WatchersAnswer }, () => {
    const watchers = (gateway?.viewers() ?? []).toSorted((a, b) => a.sinceMs - b.sinceMs);
    return { gateway: gateway !== undefined, watchers };
  });

  door.get('/addresses/{account}/{camera}', { answer: AddressesAnswer }, ({ params }) => {
    const { account, camera } = ledger.cameras.require(params);
    return { addresses: publicAddresses(gateway?.place, account, camera) };
  });
}
