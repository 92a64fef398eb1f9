import type {
  CameraAnswer,
  CameraSettingsAnswer,
  CameraStatus,
  CopiedKey,
} from '../contract/cameras.ts';
import type { Amount, Camera } from '../model/camera.ts';
import { cameraState } from '../model/camera-state.ts';
import { formatCameraName } from '../model/camera-name.ts';

export type FindCopiedKey = (fingerprint: string) => CopiedKey | undefined;

const nothing: Amount = { segments: 0, bytes: 0, durationMs: 0 };

/** All cameras that were added or are connected, each once, in the order of their names. */
export function joinCameras(
  known: readonly Camera[],
  connected: readonly CameraStatus[],
  copiedKey: FindCopiedKey,
): CameraAnswer[] {
  const statuses = new Map(connected.map((status) => [formatCameraName(status), status]));
  const answers = known.map((camera) => {
    const name = formatCameraName(camera);
    const status = statuses.get(name);
    statuses.delete(name);
    return describeCamera(camera, status, copiedKey);
  });
  for (const status of statuses.values()) {
    answers.push(describeCamera(undefined, status, copiedKey));
  }
  return answers.sort((a, b) => (formatCameraName(a) < formatCameraName(b) ? -1 : 1));
}

/** A camera that was added, that is connected, or both. */
export function describeCamera(
  known: Camera | undefined,
  connection: CameraStatus | undefined,
  copiedKey: FindCopiedKey,
): CameraAnswer {
  const lastFootageAtMs = connection?.lastFootageAtMs ?? known?.totals.newestEndMs;
  return {
    account: known?.account ?? connection?.account ?? '',
    camera: known?.camera ?? connection?.camera ?? '',
    state: cameraState(known ?? {}, connection?.state),
    settings: known === undefined ? undefined : describeSettings(known, copiedKey),
    connection,
    lastFootageAtMs,
    spooled: known?.totals.spooled ?? nothing,
    stored: known?.totals.stored ?? nothing,
  };
}

function describeSettings(camera: Camera, copiedKey: FindCopiedKey): CameraSettingsAnswer {
  const { createdMs, rtspPath, rtspUser, rtspPassword, profile, keys } = camera;
  const { newSinceMs, disabledMs, firstContactMs, formerNames, formerAccounts } = camera;
  const [copied] = keys.flatMap(({ fingerprint }) => {
    const found = copiedKey(fingerprint);
    return found === undefined ? [] : [{ ...found, fingerprint }];
  });
  return {
    addedAtMs: createdMs,
    rtspPath,
    rtspUser,
    hasRtspPassword: rtspPassword !== undefined,
    profile,
    keys,
    newSinceMs,
    disabledAtMs: disabledMs,
    firstContactAtMs: firstContactMs,
    formerNames,
    formerAccounts,
    copiedKey: copied,
  };
}
