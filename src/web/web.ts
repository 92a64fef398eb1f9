import type { AddressInfo } from 'node:net';
import type { Server as HttpsServer } from 'node:https';
import cookie from '@fastify/cookie';
import websocket from '@fastify/websocket';
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import * as z from 'zod';
import { closeSoon } from '../api/close.ts';
import { Door, type Endpoint } from '../api/door.ts';
import { answerErrors } from '../api/errors.ts';
import { addExportRoutes, addPictureRoute } from '../api/shared-routes.ts';
import { openApiOf } from '../api/openapi.ts';
import type { Reach } from '../api/reach.ts';
import type { Exports } from '../footage/exports.ts';
import { Previews } from '../footage/previews.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import { isOwnHost } from '../lib/host-header.ts';
import { HttpError, notThere } from '../lib/http-error.ts';
import { Pictures } from '../live/pictures.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { requireCamera } from './camera-access.ts';
import { addCameraRoutes, byName, type OwnCameraParts } from './camera-routes.ts';
import { fillDays } from './fill-days.ts';
import { addSecurityHeaders } from './headers.ts';
import { addLiveRoute, type LiveRouteParts } from './live-route.ts';
import { admitNewcomers } from './newcomers.ts';
import { addOperatorRoutes, type OverviewParts } from './operator-routes.ts';
import { comesFromElsewhere } from './origin.ts';
import { addPlaybackRoutes, type PlaybackParts } from './playback-routes.ts';
import { addSessionRoutes, type SessionRouteParts } from './session-routes.ts';
import { Sessions, type ViewerSession } from './sessions.ts';
import { addStaticRoutes } from './static.ts';
import { addTimelineRoutes } from './timeline-routes.ts';
import { followCertificate, readCertificate } from './tls.ts';

const requestMs = 10_000;
const maxBodyBytes = 16 * 1024;
const maxConnections = 2_000;
const maxMessageBytes = 1024;

export interface WebOptions
  extends SessionRouteParts,
    OwnCameraParts,
    PlaybackParts,
    LiveRouteParts,
    OverviewParts {
  readonly exports: Exports;
  /** What a camera shows now, as JPEG. */
  readonly picture: (camera: CameraName, signal: AbortSignal) => Promise<Buffer>;
  /** Why previews are not made for now, in words for viewers; undefined: they are. */
  readonly picturesPausedWhy?: () => string | undefined;
  /** ffmpeg, for single pictures. */
  readonly program: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  /** Addresses and networks of proxies whose X-Forwarded-For says who asks. */
  readonly trustedProxies: readonly string[];
}

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
    ...(certificate && {
      https: { ...certificate, minVersion: 'TLSv1.2' as const, handshakeTimeout: requestMs },
    }),
    bodyLimit: maxBodyBytes,
    requestTimeout: requestMs,
    keepAliveTimeout: 30_000,
    // Names of segments are longer than fastify's own limit.
    routerOptions: { maxParamLength: 200 },
    trustProxy: options.trustedProxies.length > 0 && [...options.trustedProxies],
    return503OnClosing: false,
  }) as unknown as FastifyInstance;
  app.server.maxConnections = maxConnections;
  await using parts = new AsyncDisposableStack();
  parts.defer(() => closeSoon(app));
  const gate = parts.use(new FloodGate(log));
  admitNewcomers(app.server, gate);

  answerErrors(app, log, false);
  // Forms of other sites can send it without asking.
  app.removeContentTypeParser('text/plain');
  app.setNotFoundHandler(() => {
    throw notThere();
  });
  const ownNames = publicUrl === undefined ? [] : [new URL(publicUrl).hostname];
  app.addHook('onRequest', async (request) => {
    // A certificate is not valid for a foreign name.
    if (tls === undefined && !isOwnHost(request.headers.host, ownNames)) {
      throw new HttpError(421, 'This name is not known here. Is it in console.web.publicUrl?');
    }
    if (!['GET', 'HEAD'].includes(request.method) && comesFromElsewhere(request, publicUrl)) {
      throw new HttpError(403, 'This request comes from another site.');
    }
  });
  await app.register(cookie);
  await app.register(websocket, {
    options: { maxPayload: maxMessageBytes, perMessageDeflate: false },
    errorHandler: (_error, socket) => socket.terminate(),
  });
  addSecurityHeaders(app, {
    isSecure,
    mediaOrigin: options.proxy ? undefined : options.footage.bucketOrigin,
  });
  const sessions = new Sessions(ledger, isSecure);
  const endpoints: Endpoint[] = [];
  const doorOf = <Who>(access: string, admit: (request: FastifyRequest) => Who): Door<Who> =>
    new Door({ app, endpoints, access, admit, log });
  const everyone = doorOf('everyone', () => undefined);
  const members = doorOf('session', (request) => sessions.require(request));
  const viewers = doorOf('viewer', (request) => sessions.requireRole(request, 'viewer'));
  const operators = doorOf('operator', (request) => sessions.requireRole(request, 'operator'));
  const reach: Reach<ViewerSession> = {
    prefix: '/api',
    cameraPath: '/api/cameras/{camera}',
    showsDetails: false,
    requireCamera: (viewer, { camera }) => requireCamera(ledger, viewer, camera),
    ownerOf: ({ account, user, identity }) => `${account}/${user} (${identity})`,
    checkExport: (viewer, camera) => {
      requireCamera(ledger, viewer, camera);
    },
  };
  const pictures = parts.use(new Pictures(options.picture));

  addSessionRoutes(everyone, members, sessions, options, gate);
  addCameraRoutes(viewers, options);
  addPictureRoute(viewers, reach, (camera) => {
    if (!byName(options.fleet()).has(formatCameraName(camera))) throw notThere();
    return pictures.get(camera);
  });
  addTimelineRoutes(viewers, options);
  addPlaybackRoutes(
    viewers,
    options,
    parts.use(new Previews(options.footage, options.program, options.picturesPausedWhy)),
  );
  addExportRoutes(viewers, reach, options);
  addOperatorRoutes(operators, options);
  addLiveRoute(app, sessions, endpoints, options);
  members.get(
    '/api/openapi.json',
    { summary: 'This document, in OpenAPI 3.1.', answer: z.looseObject({}) },
    () => openApiOf(endpoints, options.version),
  );
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
