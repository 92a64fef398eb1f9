import { fastify } from 'fastify';
import { closeSoon } from '../api/close.ts';
import { Door, type Endpoint } from '../api/door.ts';
import { answerErrors } from '../api/errors.ts';
import { addExportRoutes, addPictureRoute } from '../api/shared-routes.ts';
import type { Reach } from '../api/reach.ts';
import type { Exports } from '../footage/exports.ts';
import { HttpError } from '../lib/http-error.ts';
import { serverName } from '../lib/version.ts';
import type { CameraName } from '../model/camera-name.ts';
import { addHealthRoutes, type HealthParts } from '../monitor/health-routes.ts';
import { type AccountRouteParts, addAccountRoutes } from './account-routes.ts';
import { addAlertRoutes, type AlertRouteParts } from './alert-routes.ts';
import { addCameraRoutes, type CameraRouteParts } from './camera-routes.ts';
import { addCameraSettingsRoute, type SettingsRouteParts } from './camera-settings.ts';
import { addContactRoutes } from './contact-routes.ts';
import { addFootageRoutes } from './footage-routes.ts';
import { addLedgerRoute, type LedgerRouteParts } from './ledger-route.ts';
import { addOperatorRoutes } from './operator-routes.ts';
import { listenPrivately } from './socket.ts';
import { addStatusRoutes, type StatusRouteParts } from './status-routes.ts';
import { addTokenRoutes } from './token-routes.ts';
import { addVerifyRoute, type VerifyRouteParts } from './verify-route.ts';
import { addViewerRoutes, type ViewerRouteParts } from './viewer-routes.ts';

const requestMs = 10_000;
const maxBodyBytes = 64 * 1024;
const maxConnections = 100;

export interface ControlOptions
  extends HealthParts,
    StatusRouteParts,
    AccountRouteParts,
    CameraRouteParts,
    LedgerRouteParts,
    SettingsRouteParts,
    ViewerRouteParts,
    AlertRouteParts,
    VerifyRouteParts {
  /** Where the socket is made. */
  readonly socket: string;
  /** The group whose members may use it; the daemon's own unless given. */
  readonly group?: string;
  /** Absent: footage can't be exported. */
  readonly exports?: Exports;
  /** What a camera shows now, as JPEG. */
  readonly picture: (camera: CameraName, signal: AbortSignal) => Promise<Buffer>;
}

/** The operator's way in: HTTP and JSON over a Unix socket. */
export interface Control extends AsyncDisposable {
  readonly socket: string;
}

/** @throws {OperatorError} if another daemon answers at the socket, or it can't be made */
export async function startControl(options: ControlOptions): Promise<Control> {
  const { socket, group, log, version, ledger, exports } = options;
  const app = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestMs,
    keepAliveTimeout: requestMs,
    // Requests that come while it stops are answered; fastify's own 503 has another shape.
    return503OnClosing: false,
  });
  app.server.maxConnections = maxConnections;
  answerErrors(app, log, true);
  app.setNotFoundHandler(({ method, url }) => {
    throw new HttpError(
      404,
      `The daemon has no ${method} ${url}. It may be of another version than this program.`,
    );
  });
  app.addHook('onSend', async (_request, reply) => {
    void reply.header('server', serverName(version));
  });

  const endpoints: Endpoint[] = [];
  // Whoever may open the socket is an operator.
  const door = new Door({ app, endpoints, access: 'operator', admit: () => undefined, log });
  const reach: Reach<undefined> = {
    prefix: '',
    cameraPath: '/cameras/{account}/{camera}',
    showsDetails: true,
    requireCamera: (_who, { account = '', camera }) => ledger.cameras.require({ account, camera }),
    ownerOf: () => 'operator',
    checkExport: () => {},
  };
  addStatusRoutes(door, options);
  addHealthRoutes(app, options);
  addAccountRoutes(door, options);
  addTokenRoutes(door, options);
  addCameraRoutes(door, options);
  addCameraSettingsRoute(door, options);
  addPictureRoute(door, reach, options.picture);
  addFootageRoutes(door, options);
  if (exports !== undefined) addExportRoutes(door, reach, { ledger, exports });
  addViewerRoutes(door, options);
  addOperatorRoutes(door, options);
  addContactRoutes(door, options);
  addAlertRoutes(door, options);
  addLedgerRoute(door, options);
  addVerifyRoute(app, door, options);

  await app.ready();
  await listenPrivately(app.server, socket, group);
  log.info('control socket is open', { socket });
  return { socket, [Symbol.asyncDispose]: () => closeSoon(app) };
}
