import { type RtspCamera, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { answer } from './answering-process.ts';

// The pictures of many cheap cameras, in a process of its own so that what they cost can be told apart.

export interface CamerasQuestion {
  readonly sources: number;
}

export interface CamerasAnswer {
  /** Of RTSP servers, each for any number of cameras. */
  readonly ports: readonly number[];
}

const cameras: RtspCamera[] = [];

answer<CamerasQuestion>(async ({ sources }): Promise<CamerasAnswer> => {
  while (cameras.length < sources) {
    const picture = { width: 320, height: 180, framesPerSecond: 5, bitsPerSecond: 64_000 };
    cameras.push(
      await startRtspCamera({ video: 'h264', keyFrameSeconds: 2, stamped: true, ...picture }),
    );
  }
  return { ports: cameras.map(({ port }) => port) };
});
