import type { CameraStatus } from '../../camera/status.ts';
import type { CameraState } from '../../ledger/camera-states.ts';
import { formatCameraName } from '../../lib/names.ts';
import type { Api } from './api.ts';
import { maySee } from './camera-access.ts';
import type { WebParts } from './options.ts';
import { cameras as camerasAnswer } from './schemas.ts';

/** What a camera does now, from what was noted of it and what its connection says. */
export function describeNow(known: CameraState, connection: CameraStatus | undefined) {
  const footageAt = [connection?.lastFootageAtMs, known.newestFootageMs].filter(
    (ms) => ms !== undefined,
  );
  return {
    isRecording: connection?.state === 'recording',
    state: known.state,
    detail: known.detail,
    sinceMs: known.sinceMs,
    ...(footageAt.length === 0 ? {} : { lastFootageAtMs: Math.max(...footageAt) }),
  };
}

export const byName = (statuses: readonly CameraStatus[]): ReadonlyMap<string, CameraStatus> =>
  new Map(statuses.map((status) => [formatCameraName(status), status]));

/** The cameras that a viewer may see. */
export function addCameraRoutes(
  api: Api,
  { ledger, fleet, live }: Pick<WebParts, 'ledger' | 'fleet' | 'live'>,
): void {
  api.add({
    method: 'GET',
    path: '/api/cameras',
    summary: 'The cameras and what each does now.',
    access: 'viewer',
    answers: { 200: { description: 'In the order of their names.', schema: camerasAnswer } },
    handle: ({ session }) => {
      const connected = byName(fleet().filter(({ account }) => account === session.account));
      const cameras = ledger
        .cameraStates(session.account)
        .filter(({ camera }) => maySee(session, camera))
        .map((known) => {
          const connection = connected.get(formatCameraName(known));
          return {
            name: known.camera,
            ...describeNow(known, connection),
            live: live !== undefined && connection?.relay !== undefined,
          };
        });
      return { nowMs: Date.now(), cameras };
    },
  });
}
