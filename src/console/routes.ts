import type { FastifyInstance } from 'fastify';
import { type CameraName, formatCameraName } from '../lib/names.ts';
import type {
  AccountsAnswer,
  CameraAnswer,
  CamerasAnswer,
  SegmentsAnswer,
  StatusAnswer,
} from './api.ts';
import { describeCamera, joinCameras } from './camera-answers.ts';
import type { ControlParts } from './options.ts';
import { addViewerRoutes } from './viewer-routes.ts';
import { cut } from './pages.ts';
import { cameraPage, newAccount, newCamera, page, parseRequest, segmentPage } from './requests.ts';

interface NamedCamera {
  readonly Params: { readonly account: string; readonly name: string };
}

const nameOf = ({ account, name }: NamedCamera['Params']): CameraName => ({
  account,
  camera: name,
});

/** All that can be asked of and told to the daemon. */
export function addRoutes(app: FastifyInstance, parts: ControlParts): void {
  const { ledger, fleet, log } = parts;
  addViewerRoutes(app, parts);

  app.get('/status', (): StatusAnswer => {
    const connected = fleet();
    return {
      version: parts.version,
      pid: process.pid,
      startedAtMs: parts.startedAtMs,
      tunnel: parts.tunnelInfo,
      cameras: {
        known: ledger.accounts().reduce((sum, { cameras }) => sum + cameras, 0),
        connected: connected.length,
        recording: connected.filter(({ state }) => state === 'recording').length,
      },
      spool: parts.spoolUsage(),
      uploads: parts.uploaderStatus(),
    };
  });

  app.get('/accounts', (request): AccountsAnswer => {
    const [accounts, next] = cut(
      ledger.accounts(),
      ({ name }) => name,
      parseRequest(page, request.query),
    );
    return { accounts, ...next };
  });

  app.post('/accounts', (request, reply) => {
    const { name } = parseRequest(newAccount, request.body);
    const account = ledger.addAccount(name);
    log.info('account added', { account: name });
    return reply.code(201).send(account);
  });

  app.get('/cameras', (request): CamerasAnswer => {
    const { account, ...range } = parseRequest(cameraPage, request.query);
    const connected = fleet().filter(
      (status) => account === undefined || status.account === account,
    );
    const [cameras, next] = cut(
      joinCameras(ledger.cameras(account), connected),
      formatCameraName,
      range,
    );
    return { cameras, ...next };
  });

  app.get<NamedCamera>('/cameras/:account/:name', (request): CameraAnswer => {
    const camera = ledger.requireCamera(nameOf(request.params));
    const name = formatCameraName(camera);
    const connection = fleet().find((status) => formatCameraName(status) === name);
    return describeCamera(camera, connection);
  });

  app.post('/cameras', (request, reply) => {
    const { name, key, ...rest } = parseRequest(newCamera, request.body);
    const camera = ledger.addCamera({ ...rest, camera: name, key: parts.parsePublicKey(key) });
    log.info('camera added', {
      camera: formatCameraName(camera),
      fingerprint: camera.keys[0]?.fingerprint,
    });
    return reply.code(201).send(describeCamera(camera, undefined));
  });

  app.delete<NamedCamera>('/cameras/:account/:name', async (request, reply) => {
    const name = nameOf(request.params);
    ledger.removeCamera(name);
    log.info('camera removed', { camera: formatCameraName(name) });
    await parts.onCameraRemoved(name);
    return reply.code(204).send();
  });

  app.get<NamedCamera>('/segments/:account/:name', (request): SegmentsAnswer => {
    const { from, to, limit, after } = parseRequest(segmentPage, request.query);
    const segments = ledger.segments(nameOf(request.params), {
      fromMs: from,
      toMs: to,
      limit,
      ...(after === undefined ? {} : { after }),
    });
    const last = segments.length === limit ? segments.at(-1) : undefined;
    return { segments, ...(last === undefined ? {} : { next: `${last.startMs}_${last.sha256}` }) };
  });
}
