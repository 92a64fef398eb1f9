import type { Camera } from '../model/camera.ts';
import type { Door } from './door.ts';
import { hungUp, type Reach } from './reach.ts';

/** @param picture what a camera shows now, as JPEG */
export function addPictureRoute<Who>(
  door: Door<Who>,
  reach: Reach<Who>,
  picture: (camera: Camera, signal: AbortSignal) => Promise<Buffer>,
): void {
  door.get(
    `${reach.cameraPath}/picture`,
    {
      summary: 'What a camera shows now, at most some 10 seconds old.',
      type: 'image/jpeg',
      also: { 503: 'Too many pictures are asked for.' },
    },
    ({ who, params, reply }) => picture(reach.requireCamera(who, params), hungUp(reply)),
  );
}
