import type { FastifyInstance } from 'fastify';
import type { ControlParts } from './options.ts';
import { cut } from './pages.ts';
import { parseRequest } from './requests.ts';
import { checkPassword, newPassword, newViewer, viewerPage } from './viewer-requests.ts';
import {
  type AddressesAnswer,
  type LoginAnswer,
  publicAddresses,
  type ViewersAnswer,
  type WatchersAnswer,
} from './watching.ts';
import { type Viewer, type ViewerName, formatViewerName } from '../model/viewer.ts';

interface Named {
  readonly Params: ViewerName;
}

/** Who may watch, and who does. */
export function addViewerRoutes(app: FastifyInstance, parts: ControlParts): void {
  const { ledger, log, watching } = parts;
  const { gateway } = watching;

  const addresses = (account: string, camera: string): string[] =>
    gateway === undefined ? [] : publicAddresses(gateway.place, account, camera);

  /** Sets the password that is given, or one that is made here: `set` gets what is kept of it. */
  const login = (
    viewer: ViewerName,
    given: string | undefined,
    set: (credentials: ReturnType<typeof watching.credentialsOf>) => Viewer,
  ): LoginAnswer => {
    if (given !== undefined) checkPassword(given, viewer);
    const password = given ?? watching.makePassword();
    return {
      viewer: set(watching.credentialsOf(viewer.name, password)),
      ...(given === undefined ? { password } : {}),
      addresses: addresses(viewer.account, 'CAMERA'),
    };
  };

  const shut = ({ account, name }: ViewerName, reason: string): void =>
    gateway?.disconnect({ account, viewer: name }, reason);

  app.get('/viewers', (request): ViewersAnswer => {
    const { account, ...range } = parseRequest(viewerPage, request.query);
    const sorted = ledger.viewers
      .list(account)
      .sort((a, b) => (formatViewerName(a) < formatViewerName(b) ? -1 : 1));
    const [viewers, next] = cut(sorted, formatViewerName, range);
    return { viewers, ...next };
  });

  app.post('/viewers', (request, reply) => {
    const { account, name, password, cameras } = parseRequest(newViewer, request.body);
    const viewer = { account, name, cameras };
    const answer = login(viewer, password, (credentials) =>
      ledger.viewers.add({ ...viewer, credentials }),
    );
    log.info('viewer added', { account, viewer: name, cameras });
    return reply.code(201).send(answer);
  });

  app.post<Named>('/viewers/:account/:name/password', (request): LoginAnswer => {
    const { password } = parseRequest(newPassword, request.body);
    const viewer = request.params;
    const answer = login(viewer, password, (credentials) =>
      ledger.viewers.setCredentials(viewer, credentials),
    );
    log.info('viewer has a new password', { account: viewer.account, viewer: viewer.name });
    shut(viewer, 'the password was changed');
    return answer;
  });

  app.delete<Named>('/viewers/:account/:name', (request, reply) => {
    const viewer = request.params;
    ledger.viewers.remove(viewer);
    log.info('viewer removed', { account: viewer.account, viewer: viewer.name });
    shut(viewer, 'the viewer was removed');
    return reply.code(204).send();
  });

  app.get('/watchers', (): WatchersAnswer => {
    const watchers = (gateway?.viewers() ?? []).toSorted((a, b) => a.sinceMs - b.sinceMs);
    return { gateway: gateway !== undefined, watchers };
  });

  app.get<Named>('/addresses/:account/:name', (request): AddressesAnswer => {
    const { account, name } = request.params;
    const { camera } = ledger.cameras.require({ account, camera: name });
    return { addresses: addresses(account, camera) };
  });
}
