import { type CameraName, formatCameraName } from '../lib/names.ts';

/** What a connected camera is doing, in the order in which it comes about. */
export type CameraState =
  /** The tunnel is open; the camera has not asked for its RTSP forward yet. */
  | 'dialled in'
  /** The relay asks the camera's RTSP server for its media. */
  | 'starting'
  /** The camera's media is known; the first picture is awaited. */
  | 'awaiting picture'
  /** Footage comes. */
  | 'recording'
  /** Something failed; it is tried again after a pause. */
  | 'recovering';

/** A connected camera, as the operator sees it. Times are milliseconds since 1970 UTC. */
export interface CameraStatus extends CameraName {
  readonly state: CameraState;
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
