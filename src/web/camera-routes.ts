import type { CameraStatus, RecordedCamera } from '../model/camera-status.ts';
import { cameraState, neverConnected } from '../model/camera-state.ts';
import { formatCameraName } from '../model/camera-name.ts';
import type { Api } from './api.ts';
import { maySee, requireCamera } from './camera-access.ts';
import { notThere } from '../lib/http-error.ts';
import type { WebParts } from './options.ts';
import type { Pictures } from '../live/pictures.ts';
import { cameraParams, cameras as camerasAnswer, problem } from '../contract/web.ts';

/** What a camera does now, from what was noted of it and what its connection says. */
export function describeNow(known: RecordedCamera, connection: CameraStatus | undefined) {
  const footageAt = [connection?.lastFootageAtMs, known.newestFootageMs].filter(
    (ms) => ms !== undefined,
  );
  const state = cameraState(known, connection?.state);
  return {
    isRecording: state === 'recording',
    // That other hardware was put in its place, which has not dialled in, is no news in the ledger.
    state:
      state === neverConnected && known.state === 'camera offline' ? neverConnected : known.state,
    sinceMs: known.sinceMs,
    ...(footageAt.length === 0 ? {} : { lastFootageAtMs: Math.max(...footageAt) }),
  };
}

export const byName = (statuses: readonly CameraStatus[]): ReadonlyMap<string, CameraStatus> =>
  new Map(statuses.map((status) => [formatCameraName(status), status]));

/** The cameras that a viewer may see. */
export function addCameraRoutes(
  api: Api,
  { ledger, fleet, live }: Pick<WebParts, 'ledger' | 'fleet' | 'live'>,
  pictures: Pictures,
): void {
  api.add({
    method: 'GET',
    path: '/api/cameras',
    summary: 'The cameras and what each does now.',
    access: 'viewer',
    answers: { 200: { description: 'In the order of their names.', schema: camerasAnswer } },
    handle: ({ session }) => {
      const connected = byName(fleet().filter(({ account }) => account === session.account));
      const cameras = ledger.states
        .list(session.account)
        .filter(({ camera }) => maySee(session, camera))
        .map((known) => {
          const connection = connected.get(formatCameraName(known));
          // Whoever looks at the list may watch one of them next, and need not wait for a key frame then.
          if (connection?.relay !== undefined) live?.warm(formatCameraName(known));
          return {
            name: known.camera,
            ...describeNow(known, connection),
            live: live !== undefined && connection?.relay !== undefined,
          };
        });
      return { nowMs: Date.now(), cameras };
    },
  });

  api.add({
    method: 'GET',
    path: '/api/cameras/{camera}/picture',
    summary: 'What it shows now, at most some 10 seconds old.',
    access: 'viewer',
    params: cameraParams,
    answers: {
      200: { description: 'A picture.', type: 'image/jpeg' },
      503: { description: 'Too many pictures are asked for.', schema: problem },
    },
    handle: async ({ session, params, reply }) => {
      const name = requireCamera(ledger, session, params.camera);
      const wanted = formatCameraName(name);
      if (!byName(fleet()).has(wanted)) throw notThere();
      const picture = await pictures.get(name);
      return reply.type('image/jpeg').send(picture);
    },
  });
}
