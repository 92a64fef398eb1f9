import type { RtspCameraOptions } from '../stand-ins/rtsp-camera.ts';

const picture = { video: 'h264', width: 160, height: 120, framesPerSecond: 5 } as const;
const usual = { ...picture, keyFrameSeconds: 1, bitsPerSecond: 24_000, stamped: true } as const;

/** Every second camera is a usual one, and the others are odd in turn. */
const odd: readonly Partial<RtspCameraOptions>[] = [
  { keyFrameSeconds: 40 },
  { audio: 'aac', oddSound: 'late' },
  { audio: 'aac', oddSound: 'ADTS' },
  { audio: 'aac', oddSound: 'never' },
];

/** @param index of the camera, from 0 */
export function cameraOptions(index: number): RtspCameraOptions {
  const oddity = index % 2 === 0 ? {} : odd[((index - 1) / 2) % odd.length];
  return { ...usual, ...oddity };
}
