import type { FastifyInstance } from 'fastify';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { CameraAnswer, CamerasAnswer } from '../contract/control.ts';
import { describeCamera, joinCameras } from './camera-answers.ts';
import type { ControlParts } from './options.ts';
import { cut } from './pages.ts';
import { adoption, cameraPage, newCamera, newKey, newName, parseRequest } from './requests.ts';

export interface NamedCamera {
  readonly Params: { readonly account: string; readonly name: string };
}

export const nameOf = ({ account, name }: NamedCamera['Params']): CameraName => ({
  account,
  camera: name,
});

const path = '/cameras/:account/:name';

export function addCameraRoutes(app: FastifyInstance, parts: ControlParts): void {
  const { ledger, fleet, log, copiedKey, disconnect } = parts;

  const answer = (name: CameraName): CameraAnswer => {
    const camera = ledger.cameras.require(name);
    const wanted = formatCameraName(camera);
    const connection = fleet().find((status) => formatCameraName(status) === wanted);
    return describeCamera(camera, connection, copiedKey);
  };

  app.get('/cameras', (request): CamerasAnswer => {
    const { account, ...range } = parseRequest(cameraPage, request.query);
    const connected = fleet().filter(
      (status) => account === undefined || status.account === account,
    );
    const [cameras, next] = cut(
      joinCameras(ledger.cameras.list(account), connected, copiedKey),
      formatCameraName,
      range,
    );
    return { cameras, ...next };
  });

  app.get<NamedCamera>(path, (request): CameraAnswer => answer(nameOf(request.params)));

  app.get<NamedCamera>(`${path}/picture`, async (request, reply) => {
    const camera = ledger.cameras.require(nameOf(request.params));
    const hungUp = new AbortController();
    reply.raw.once('close', () => hungUp.abort(new Error('nobody waits for the picture')));
    const picture = await parts.picture(camera, hungUp.signal);
    return reply.type('image/jpeg').send(picture);
  });

  app.post('/cameras', (request, reply) => {
    const { name, key, ...rest } = parseRequest(newCamera, request.body);
    const camera = ledger.cameras.add({ ...rest, camera: name, key: parts.parsePublicKey(key) });
    log.info('camera added', {
      camera: formatCameraName(camera),
      fingerprint: camera.keys[0]?.fingerprint,
    });
    return reply.code(201).send(describeCamera(camera, undefined, copiedKey));
  });

  app.delete<NamedCamera>(path, (request, reply) => {
    const name = nameOf(request.params);
    ledger.cameras.remove(name);
    log.info('camera removed', { camera: formatCameraName(name) });
    disconnect(name, 'the camera was removed');
    return reply.code(204).send();
  });

  /** A camera whose name changed is to dial in anew: what it records carries its name. */
  const renamed = (from: CameraName, to: CameraName): void => {
    if (from.camera === to.camera) return;
    log.info('camera renamed', { camera: formatCameraName(to), before: formatCameraName(from) });
    const why = `the camera was renamed to ${formatCameraName(to)}`;
    // Its tunnel's end is not noted otherwise, since it has the old name.
    if (fleet().some((status) => formatCameraName(status) === formatCameraName(from))) {
      ledger.states.note(to, 'camera offline', `closed by the daemon: ${why}`, Date.now());
    }
    disconnect(from, why);
  };

  app.post<NamedCamera>(`${path}/adopt`, (request): CameraAnswer => {
    const from = nameOf(request.params);
    const to = ledger.cameras.adopt(from, parseRequest(adoption, request.body).name);
    log.info('new camera adopted', { camera: formatCameraName(to) });
    renamed(from, to);
    return answer(to);
  });

  app.post<NamedCamera>(`${path}/rename`, (request): CameraAnswer => {
    const from = nameOf(request.params);
    const to = ledger.cameras.rename(from, parseRequest(newName, request.body).name);
    renamed(from, to);
    return answer(to);
  });

  app.post<NamedCamera>(`${path}/reject`, (request, reply) => {
    const name = nameOf(request.params);
    ledger.cameras.reject(name);
    log.info('new camera rejected', { camera: formatCameraName(name) });
    disconnect(name, 'the camera was rejected');
    return reply.code(204).send();
  });

  app.post<NamedCamera>(`${path}/rotate-key`, (request): CameraAnswer => {
    const name = nameOf(request.params);
    const key = parts.parsePublicKey(parseRequest(newKey, request.body).key);
    ledger.keys.rotate(name, key);
    const { fingerprint } = key;
    log.info('camera has a further key', { camera: formatCameraName(name), fingerprint });
    return answer(name);
  });

  app.post<NamedCamera>(`${path}/replace`, (request): CameraAnswer => {
    const name = nameOf(request.params);
    const key = parts.parsePublicKey(parseRequest(newKey, request.body).key);
    ledger.keys.replace(name, key);
    const { fingerprint } = key;
    log.info('camera is replaced by other hardware', {
      camera: formatCameraName(name),
      fingerprint,
    });
    disconnect(name, 'the camera was replaced by other hardware');
    return answer(name);
  });

  app.post<NamedCamera>(`${path}/disable`, (request): CameraAnswer => {
    const name = nameOf(request.params);
    ledger.cameras.setDisabled(name, true);
    log.info('camera disabled', { camera: formatCameraName(name) });
    disconnect(name, 'the camera was disabled');
    return answer(name);
  });

  app.post<NamedCamera>(`${path}/enable`, (request): CameraAnswer => {
    const name = nameOf(request.params);
    ledger.cameras.setDisabled(name, false);
    log.info('camera enabled', { camera: formatCameraName(name) });
    return answer(name);
  });
}
