import type { RecordingState } from './gap-cause.ts';
import type { ConnectedState } from './camera-state.ts';
import { type CameraName, formatCameraName } from './camera-name.ts';

/** Whether one of the connected cameras is this one, and records. */
export function isRecording(
  connected: readonly (CameraName & { readonly state: ConnectedState })[],
  camera: CameraName,
): boolean {
  const name = formatCameraName(camera);
  return connected.some(
    (status) => status.state === 'recording' && formatCameraName(status) === name,
  );
}

/** What a camera's recording does now. Times are milliseconds since 1970 UTC. */
export interface RecordedCamera extends CameraName {
  readonly state: RecordingState;
  readonly detail: string;
  readonly sinceMs: number;
  /** Since when it waits to be adopted or rejected. */
  readonly newSinceMs?: number;
  readonly disabledMs?: number;
  /** When it first dialled in, since it was added or its hardware replaced. */
  readonly firstContactMs?: number;
  /** The end of the newest footage in spool and bucket. */
  readonly newestFootageMs?: number;
}
