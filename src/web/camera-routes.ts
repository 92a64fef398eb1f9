import { wallNow } from '../lib/clock.ts';
import type { Door } from '../api/door.ts';
import { type CameraStatus, OwnCamerasAnswer } from '../contract/cameras.ts';
import type { RecordedCamera } from '../model/camera-status.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LiveHub } from '../live/live.ts';
import { formatCameraName } from '../model/camera-name.ts';
import { cameraState, neverConnected } from '../model/camera-state.ts';
import { maySee } from './camera-access.ts';
import type { ViewerSession } from './sessions.ts';

export interface OwnCameraParts {
  readonly ledger: Ledger;
  /** The cameras that are connected. */
  readonly fleet: () => readonly CameraStatus[];
  /** Its cameras are called `account/camera`. Absent: nobody can watch live. */
  readonly live?: Pick<LiveHub, 'watch' | 'skip' | 'warm'>;
}

/** What a camera does now, by the ledger and by its connection. */
export function describeNow(known: RecordedCamera, connection: CameraStatus | undefined) {
  const footageAt = [connection?.lastFootageAtMs, known.newestFootageMs].filter(
    (ms) => ms !== undefined,
  );
  const state = cameraState(known, connection?.state);
  // The ledger does not note that a replacement has not dialled in yet.
  const isAwaited = state === neverConnected && known.state === 'camera offline';
  return {
    isRecording: state === 'recording',
    state: isAwaited ? neverConnected : known.state,
    sinceMs: known.sinceMs,
    lastFootageAtMs: footageAt.length === 0 ? undefined : Math.max(...footageAt),
    slowLine: connection?.slowLine,
  };
}

export const byName = (statuses: readonly CameraStatus[]): ReadonlyMap<string, CameraStatus> =>
  new Map(statuses.map((status) => [formatCameraName(status), status]));

/** The cameras that a viewer may see. */
export function addCameraRoutes(
  viewers: Door<ViewerSession>,
  { ledger, fleet, live }: OwnCameraParts,
): void {
  viewers.get(
    '/api/cameras',
    { summary: 'The cameras and what each does now, sorted by name.', answer: OwnCamerasAnswer },
    ({ who }) => {
      const connected = byName(fleet().filter(({ account }) => account === who.account));
      const cameras = ledger.states
        .list(who.account)
        .filter(({ camera }) => maySee(who, camera))
        .map((known) => {
          const connection = connected.get(formatCameraName(known));
          // Whoever sees the list may watch one next, and then need not wait for a key frame.
          if (connection?.relay !== undefined) live?.warm(formatCameraName(known));
          return {
            name: known.camera,
            ...describeNow(known, connection),
            live: live !== undefined && connection?.relay !== undefined,
          };
        });
      return { nowMs: wallNow(), cameras };
    },
  );
}
