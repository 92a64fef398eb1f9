import { isRecording } from '../model/camera-status.ts';
import type { Api } from './api.ts';
import { requireCamera } from './camera-access.ts';
import { localDays } from '../lib/time.ts';
import type { WebParts } from './options.ts';
import { piecesForOwners } from './owners-words.ts';
import {
  cameraParams,
  dayRange,
  days as daysAnswer,
  range,
  timeline as timelineAnswer,
} from '../contract/web.ts';

/** What became of each moment of a camera's time. */
export function addTimelineRoutes(
  api: Api,
  { ledger, fleet }: Pick<WebParts, 'ledger' | 'fleet'>,
): void {
  api.add({
    method: 'GET',
    path: '/api/cameras/{camera}/timeline',
    summary: 'Which time is stored, waits to be stored (it can be watched too), or is missing.',
    access: 'viewer',
    params: cameraParams,
    query: range,
    answers: {
      200: { description: 'As far as the camera was there.', schema: timelineAnswer },
    },
    handle: ({ session, params, query: { from, to } }) => {
      const name = requireCamera(ledger, session, params.camera);
      const nowMs = Date.now();
      const timeline = ledger.continuity.timeline(name, {
        fromMs: from,
        toMs: to,
        nowMs,
        isRecording: isRecording(fleet(), name),
      });
      return { ...timeline, pieces: piecesForOwners(timeline.pieces) };
    },
  });

  api.add({
    method: 'GET',
    path: '/api/cameras/{camera}/days',
    summary: "The same summed up, by day of the account's time zone.",
    access: 'viewer',
    params: cameraParams,
    query: dayRange,
    answers: { 200: { description: 'Each day of the range.', schema: daysAnswer } },
    handle: ({ session, params, query: { from, to } }) => {
      const name = requireCamera(ledger, session, params.camera);
      const days = localDays(from, to, session.timeZone);
      const nowMs = Date.now();
      const sums = ledger.continuity.days(name, {
        days,
        nowMs,
        isRecording: isRecording(fleet(), name),
      });
      return { days: days.map((day, i) => ({ ...day, ...sums[i] })) };
    },
  });
}
