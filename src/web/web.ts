import type { AddressInfo } from 'node:net';
import type { Server as HttpsServer } from 'node:https';
import cookie from '@fastify/cookie';
import websocket from '@fastify/websocket';
import { type FastifyInstance, fastify } from 'fastify';
import { describeError, OperatorError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import { Api } from './api.ts';
import { addCameraRoutes } from './camera-routes.ts';
import { notThere } from '../lib/http-error.ts';
import { answerErrors } from './errors.ts';
import { addExportRoutes } from './export-routes.ts';
import { fillDays } from './fill-days.ts';
import { addSecurityHeaders } from './headers.ts';
import { addLiveRoute } from './live-route.ts';
import { addOpenApiRoute } from './openapi.ts';
import { addOperatorRoutes } from './operator-routes.ts';
import type { WebOptions } from './options.ts';
import { Pictures } from '../live/pictures.ts';
import { addPlaybackRoutes } from './playback-routes.ts';
import { Previews } from '../footage/previews.ts';
import { addSessionRoutes } from './session-routes.ts';
import { Sessions } from './sessions.ts';
import { addStaticRoutes } from './static.ts';
import { addTimelineRoutes } from './timeline-routes.ts';
import { followCertificate, readCertificate } from './tls.ts';

const requestMs = 10_000;
const maxBodyBytes = 16 * 1024;
const maxConnections = 2_000;
const maxMessageBytes = 1024;
/** How long requests that are being answered may take when the daemon stops. */
const finishMs = 1_000;

/** The owners' way in: a page and its API over HTTP. */
export interface Web extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
}

/** @throws {OperatorError} the address can't be had, or the certificate can't be used */
export async function startWeb(options: WebOptions): Promise<Web> {
  const { tls, publicUrl, log, ledger } = options;
  const isSecure = tls !== undefined || publicUrl?.startsWith('https:') === true;
  const certificate = tls && (await readCertificate(tls));
  const app = fastify({
    ...(certificate && { https: { ...certificate, minVersion: 'TLSv1.2' as const } }),
    bodyLimit: maxBodyBytes,
    requestTimeout: requestMs,
    keepAliveTimeout: 30_000,
    // Names of segments are longer than fastify's own limit.
    routerOptions: { maxParamLength: 200 },
    // Behind a proxy of this machine, the proxy tells who it is.
    trustProxy: publicUrl === undefined ? false : 'loopback',
    return503OnClosing: false,
  }) as unknown as FastifyInstance;
  app.server.maxConnections = maxConnections;
  await using parts = new AsyncDisposableStack();
  parts.defer(() => close(app));

  answerErrors(app, log);
  // Forms of other sites can send it without asking.
  app.removeContentTypeParser('text/plain');
  app.setNotFoundHandler(() => {
    throw notThere();
  });
  await app.register(cookie);
  await app.register(websocket, {
    options: { maxPayload: maxMessageBytes, perMessageDeflate: false },
    errorHandler: (_error, socket) => socket.terminate(),
  });
  addSecurityHeaders(app, {
    isSecure,
    ...(options.proxy ? {} : { mediaOrigin: options.footage.bucketOrigin }),
  });
  const sessions = new Sessions(ledger, isSecure);
  const api = new Api(app, { sessions, publicUrl });
  addSessionRoutes(api, sessions, options, parts.use(new FloodGate(log)));
  addCameraRoutes(api, options, parts.use(new Pictures(options.picture)));
  addTimelineRoutes(api, options);
  const previews = parts.use(new Previews(options.footage, options.program));
  addPlaybackRoutes(api, options, previews);
  addExportRoutes(api, options);
  addOperatorRoutes(api, options);
  addOpenApiRoute(api, options.version);
  addLiveRoute(app, sessions, options);
  addStaticRoutes(app, log);

  await listen(app, options.listen);
  if (tls !== undefined) {
    parts.use(followCertificate(app.server as unknown as HttpsServer, tls, log));
  }
  parts.use(fillDays(ledger, log));
  const { address, port } = app.server.address() as AddressInfo;
  const owned = parts.move();
  return {
    address: { host: address, port },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function listen(app: FastifyInstance, { host, port }: WebOptions['listen']): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw new OperatorError(
      `console.web can't listen on ${host}:${port}: ${describeError(error)}. Choose another console.web.listen.`,
      { cause: error },
    );
  }
}

async function close(app: FastifyInstance): Promise<void> {
  const impatience = setTimeout(() => app.server.closeAllConnections(), finishMs);
  try {
    await app.close();
  } finally {
    clearTimeout(impatience);
  }
}
