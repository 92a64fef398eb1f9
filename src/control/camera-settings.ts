import type { Door } from '../api/door.ts';
import type { SettingChange } from '../contract/answer.ts';
import { SettingsAnswer, SettingsRequest } from '../contract/cameras.ts';
import { isSecretPath } from '../lib/secret-path.ts';
import type { Camera } from '../model/camera.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { CameraRouteParts } from './camera-routes.ts';

export interface SettingsRouteParts extends Pick<CameraRouteParts, 'ledger' | 'fleet' | 'log'> {
  /**
   * Restarts a camera's recording with its present settings, of which `what` names those that
   * changed; returns whether it is connected.
   */
  readonly settingsChanged: (camera: CameraName, what: string) => boolean;
}

const shownPath = (path: string): string =>
  isSecretPath(path) ? 'one with a password in it' : path;

/** The settings that differ. */
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

export function addCameraSettingsRoute(
  door: Door<unknown>,
  { ledger, fleet, settingsChanged, log }: SettingsRouteParts,
): void {
  door.post(
    '/cameras/{account}/{camera}/settings',
    { body: SettingsRequest, answer: SettingsAnswer },
    ({ params, body }) => {
      const name = formatCameraName(params);
      const { before, after } = ledger.cameras.changeStream(params, body);
      const changes = changesOf(before, after);
      if (changes.length === 0) {
        return { changes, connected: fleet().some((one) => formatCameraName(one) === name) };
      }
      const changed = changes.map(({ setting }) => setting).join(', ');
      log.info('camera has other settings', { camera: name, changed });
      return { changes, connected: settingsChanged(params, changed) };
    },
  );
}
