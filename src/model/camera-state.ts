/** What a connected camera is doing, in the order in which it comes about. */
export const connectedStates = [
  /** The tunnel is open; the camera has not asked for its RTSP forward yet. */
  'dialled in',
  /** The relay asks the camera's RTSP server for its media. */
  'starting',
  /** The camera's media is known; the first picture is awaited. */
  'awaiting picture',
  /** Footage comes. */
  'recording',
  /** Something failed; it is tried again after a pause. */
  'recovering',
] as const;

/** Has not dialled in since it was added or its hardware replaced. */
export const neverConnected = 'never connected';

/** What a camera that is not connected is. */
export const absentStates = [
  neverConnected,
  /** It was connected once; a gap has the cause `camera offline` then. */
  'offline',
  /** By the operator. */
  'disabled',
] as const;

export type ConnectedState = (typeof connectedStates)[number];

/**
 * What a camera does now, in the one name that each surface has for it: CLI, page, API and metrics.
 * That a camera is new goes beside its state.
 */
export type CameraState = ConnectedState | (typeof absentStates)[number];

export function cameraState(
  known: { readonly disabledMs?: number; readonly firstContactMs?: number },
  connected: ConnectedState | undefined,
): CameraState {
  if (connected !== undefined) return connected;
  if (known.disabledMs !== undefined) return 'disabled';
  return known.firstContactMs === undefined ? neverConnected : 'offline';
}
