import type { RecordingState } from './gap-cause.ts';
import type { ConnectedState } from './camera-state.ts';
import { type CameraName, formatCameraName } from './camera-name.ts';

/** A connected camera, as the operator sees it. Times are milliseconds since 1970 UTC. */
export interface CameraStatus extends CameraName {
  readonly state: ConnectedState;
  /** Why the state is not `recording`, in plain words. */
  readonly reason?: string;
  readonly connectedAtMs: number;
  readonly remoteAddress: string;
  readonly client: string;
  readonly profile: 'copy' | 'downsample';
  /** The picture as the camera sends it. */
  readonly picture?: {
    readonly codec: string;
    readonly width: number;
    readonly height: number;
    readonly framesPerSecond?: number;
  };
  readonly audioCodec?: string;
  /** Of what is recorded, over the last seconds. */
  readonly bitsPerSecond?: number;
  /** Pictures recorded since it dialled in. */
  readonly frames: number;
  readonly lastFootageAtMs?: number;
  /** Restarts of relay and archiver since the camera dialled in. */
  readonly restarts: number;
  readonly relay?: { readonly pid: number; readonly port: number; readonly url: string };
  readonly archiver?: { readonly pid: number };
}

/** Whether one of the connected cameras is this one, and records. */
export function isRecording(connected: readonly CameraStatus[], camera: CameraName): boolean {
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
