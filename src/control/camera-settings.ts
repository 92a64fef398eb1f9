import type { FastifyInstance } from 'fastify';
import type { Camera } from '../model/camera.ts';
import { formatCameraName } from '../model/camera-name.ts';
import { isSecretPath } from '../lib/secret-path.ts';
import { type NamedCamera, nameOf } from './camera-routes.ts';
import type { ControlParts } from './options.ts';
import { parseRequest, streamChanges } from './requests.ts';

/** POST /cameras/ACCOUNT/NAME/settings */
export interface SettingsAnswer {
  readonly changes: readonly SettingChange[];
  /** Whether it is connected, so that its recording began anew. */
  readonly connected: boolean;
}

/** One setting, before and after, in words. What is secret is not in them. */
export interface SettingChange {
  readonly setting: string;
  readonly from: string;
  readonly to: string;
}

const shownPath = (path: string): string =>
  isSecretPath(path) ? 'one with a password in it' : path;

/** Each setting that the two don't have in common. */
function changesOf(before: Camera, after: Camera): SettingChange[] {
  const changes: SettingChange[] = [];
  const note = (
    setting: string,
    of: (camera: Camera) => string | undefined,
    shown: (value: string) => string,
    otherwise: string,
  ): void => {
    const [from, to] = [of(before), of(after)];
    if (from === to) return;
    const words = (value: string | undefined) => (value === undefined ? otherwise : shown(value));
    changes.push({ setting, from: words(from), to: words(to) });
  };
  const asItIs = (value: string): string => value;
  note('RTSP path', ({ rtspPath }) => rtspPath, shownPath, '');
  note('RTSP user', ({ rtspUser }) => rtspUser, asItIs, 'none');
  const secret = (value: string): string =>
    value === before.rtspPassword ? 'one that is not shown' : 'a new one';
  note('RTSP password', ({ rtspPassword }) => rtspPassword, secret, 'none');
  note('profile', ({ profile }) => profile, asItIs, 'that of the configuration');
  return changes;
}

export function addCameraSettingsRoute(app: FastifyInstance, parts: ControlParts): void {
  const { ledger, log, settingsChanged } = parts;

  app.post<NamedCamera>('/cameras/:account/:name/settings', (request): SettingsAnswer => {
    const name = nameOf(request.params);
    const { before, after } = ledger.cameras.changeStream(
      name,
      parseRequest(streamChanges, request.body),
    );
    const changes = changesOf(before, after);
    const changed = changes.map(({ setting }) => setting).join(', ');
    const isKnownConnected = (): boolean =>
      parts.fleet().some((status) => formatCameraName(status) === formatCameraName(name));
    if (changes.length === 0) return { changes, connected: isKnownConnected() };
    log.info('camera has other settings', { camera: formatCameraName(name), changed });
    return { changes, connected: settingsChanged(name, changed) };
  });
}
