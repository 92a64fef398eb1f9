import type { CameraAnswer, CameraStatus } from '../contract/cameras.ts';
import { slowLineWords } from '../model/slow-line.ts';
import { plain } from './plain.ts';
import { formatTime } from './units.ts';

/** A sentence on what the camera is doing, and why. */
export function stateSentence(status: CameraStatus, nowMs: number): string {
  const reason = status.reason === undefined ? '' : plain(status.reason);
  const because = reason === '' ? '' : `: ${reason}`;
  const since =
    status.lastFootageAtMs === undefined
      ? 'no footage yet'
      : `no footage since ${formatTime(status.lastFootageAtMs, nowMs)}`;
  switch (status.state) {
    case 'recording':
      return status.slowLine === undefined
        ? 'recording'
        : `recording, but ${slowLineWords(status.slowLine)}`;
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

/** The short name of a camera's state, connected or not. */
export const cameraWord = ({ settings, state }: CameraAnswer): string =>
  settings?.newSinceMs === undefined ? state : `new, ${state}`;

/** Tells the operator how to adopt or reject a camera that enrolled itself. */
export const adoptHint = (name: string): string =>
  `Look: cctv camera picture ${name} --out FILE.jpg; then: cctv camera adopt ${name} NEW-NAME, or reject.`;
