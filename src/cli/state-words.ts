import type { CameraStatus } from '../camera/status.ts';
import type { CameraAnswer } from '../console/api.ts';
import { plain } from './plain.ts';
import { formatTime } from './units.ts';

/** A word or two for the column. */
export function stateWord(status: CameraStatus): string {
  switch (status.state) {
    case 'recording':
    case 'dialled in':
    case 'starting':
      return status.state;
    case 'awaiting picture':
    case 'recovering':
      return 'no footage';
  }
}

/** What the camera is doing and why, in plain words. */
export function stateSentence(status: CameraStatus, nowMs: number): string {
  const reason = status.reason === undefined ? '' : plain(status.reason);
  const because = reason === '' ? '' : `: ${reason}`;
  const since =
    status.lastFootageAtMs === undefined
      ? 'no footage yet'
      : `no footage since ${formatTime(status.lastFootageAtMs, nowMs)}`;
  switch (status.state) {
    case 'recording':
      return 'recording';
    case 'dialled in':
      return `dialled in, and has not asked for its RTSP forward yet${because}`;
    case 'starting':
      return `starting: its RTSP server is asked for the stream${reason === '' ? '' : ` (before: ${reason})`}`;
    case 'awaiting picture':
      return `${since}: its stream is open, a picture is awaited${reason === '' ? '' : ` (before: ${reason})`}`;
    case 'recovering':
      return `${since}${because}; it is tried again`;
  }
}

/** A word or two on a camera, connected or not. */
export function cameraWord({ settings, connection }: CameraAnswer): string {
  const isNew = settings?.newSinceMs === undefined ? '' : 'new, ';
  if (connection !== undefined) return isNew + stateWord(connection);
  if (settings?.disabledAtMs !== undefined) return `${isNew}disabled`;
  const never = settings !== undefined && settings.firstContactAtMs === undefined;
  return isNew + (never ? 'waiting for first contact' : 'not connected');
}

/** How it is decided what becomes of a camera that enrolled itself. */
export const adoptHint = (name: string): string =>
  `Look: cctv camera picture ${name} --out FILE.jpg; then: cctv camera adopt ${name} NEW-NAME, or reject.`;
