import { wallNow } from '../lib/clock.ts';
import type { Door } from '../api/door.ts';
import { pageOf } from '../api/pages.ts';
import { NameRequest } from '../contract/answer.ts';
import {
  AdoptionRequest,
  CameraAnswer,
  CameraRequest,
  CamerasAnswer,
  CamerasRequest,
  type CameraStatus,
  KeyRequest,
} from '../contract/cameras.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Log } from '../lib/log.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { PublicKey } from '../model/public-key.ts';
import { describeCamera, type FindCopiedKey, joinCameras } from './camera-answers.ts';

export interface CameraRouteParts {
  readonly ledger: Ledger;
  /** The cameras that are connected. */
  readonly fleet: () => readonly CameraStatus[];
  /** Whether two clients took turns with a key. */
  readonly copiedKey: FindCopiedKey;
  /** Reads a public key as an operator hands it in; throws an OperatorError if it is none. */
  readonly parsePublicKey: (text: string) => PublicKey;
  /** Closes the tunnel of a camera, if it has one: something about it was changed. */
  readonly disconnect: (camera: CameraName, reason: string) => void;
  readonly log: Log;
}

export function addCameraRoutes(door: Door<unknown>, parts: CameraRouteParts): void {
  const { ledger, fleet, log, copiedKey, disconnect, parsePublicKey } = parts;

  const connectionOf = (name: CameraName): CameraStatus | undefined =>
    fleet().find((status) => formatCameraName(status) === formatCameraName(name));

  const answer = (name: CameraName): CameraAnswer => {
    const camera = ledger.cameras.require(name);
    return describeCamera(camera, connectionOf(camera), copiedKey);
  };

  door.get(
    '/cameras',
    { query: CamerasRequest, answer: CamerasAnswer },
    ({ query: { account, ...range } }) => {
      const connected = fleet().filter((one) => account === undefined || one.account === account);
      const all = joinCameras(ledger.cameras.list(account), connected, copiedKey);
      const { items: cameras, next } = pageOf(all, formatCameraName, range);
      return { cameras, next };
    },
  );

  door.get('/cameras/{account}/{camera}', { answer: CameraAnswer }, ({ params }) => answer(params));

  door.post(
    '/cameras',
    { body: CameraRequest, answer: CameraAnswer, status: 201 },
    ({ body: { name, key, ...rest } }) => {
      const camera = ledger.cameras.add({ ...rest, camera: name, key: parsePublicKey(key) });
      const { fingerprint } = camera.keys[0] ?? {};
      log.info('camera added', { camera: formatCameraName(camera), fingerprint });
      return describeCamera(camera, undefined, copiedKey);
    },
  );

  door.delete('/cameras/{account}/{camera}', {}, ({ params }) => {
    ledger.cameras.remove(params);
    log.info('camera removed', { camera: formatCameraName(params) });
    disconnect(params, 'the camera was removed');
  });

  /** Recordings carry the camera's name, so it has to dial in anew. */
  const renamed = (from: CameraName, to: CameraName): CameraAnswer => {
    if (from.camera !== to.camera) {
      log.info('camera renamed', { camera: formatCameraName(to), before: formatCameraName(from) });
      const why = `the camera was renamed to ${formatCameraName(to)}`;
      // The end of its tunnel is noted for the old name, which is gone.
      if (connectionOf(from) !== undefined) {
        ledger.states.note(to, 'camera offline', `closed by the daemon: ${why}`, wallNow());
      }
      disconnect(from, why);
    }
    return answer(to);
  };

  door.post(
    '/cameras/{account}/{camera}/adopt',
    { body: AdoptionRequest, answer: CameraAnswer },
    ({ params, body: { name } }) => {
      const to = ledger.cameras.adopt(params, name);
      log.info('new camera adopted', { camera: formatCameraName(to) });
      return renamed(params, to);
    },
  );

  door.post(
    '/cameras/{account}/{camera}/rename',
    { body: NameRequest, answer: CameraAnswer },
    ({ params, body: { name } }) => renamed(params, ledger.cameras.rename(params, name)),
  );

  door.post('/cameras/{account}/{camera}/reject', {}, ({ params }) => {
    ledger.cameras.reject(params);
    log.info('new camera rejected', { camera: formatCameraName(params) });
    disconnect(params, 'the camera was rejected');
  });

  door.post(
    '/cameras/{account}/{camera}/rotate-key',
    { body: KeyRequest, answer: CameraAnswer },
    ({ params, body }) => {
      const key = parsePublicKey(body.key);
      ledger.keys.rotate(params, key);
      const { fingerprint } = key;
      log.info('camera has a further key', { camera: formatCameraName(params), fingerprint });
      return answer(params);
    },
  );

  door.post(
    '/cameras/{account}/{camera}/replace',
    { body: KeyRequest, answer: CameraAnswer },
    ({ params, body }) => {
      const key = parsePublicKey(body.key);
      ledger.keys.replace(params, key);
      const { fingerprint } = key;
      log.info('camera hardware replaced', { camera: formatCameraName(params), fingerprint });
      disconnect(params, 'the camera was replaced by other hardware');
      return answer(params);
    },
  );

  door.post('/cameras/{account}/{camera}/disable', { answer: CameraAnswer }, ({ params }) => {
    ledger.cameras.setDisabled(params, true);
    log.info('camera disabled', { camera: formatCameraName(params) });
    disconnect(params, 'the camera was disabled');
    return answer(params);
  });

  door.post('/cameras/{account}/{camera}/enable', { answer: CameraAnswer }, ({ params }) => {
    ledger.cameras.setDisabled(params, false);
    log.info('camera enabled', { camera: formatCameraName(params) });
    return answer(params);
  });
}
