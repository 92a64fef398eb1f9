import { wallNow } from '../lib/clock.ts';
import type { Door } from '../api/door.ts';
import {
  DaysAnswer,
  DaysRequest,
  TimelineAnswer,
  TimelineRequest,
} from '../contract/continuity.ts';
import { piecesForOwners } from '../continuity/owners-view.ts';
import { localDays } from '../lib/time.ts';
import { isRecording } from '../model/camera-status.ts';
import { requireCamera } from './camera-access.ts';
import type { OwnCameraParts } from './camera-routes.ts';
import type { ViewerSession } from './sessions.ts';

/** What became of each moment of a camera's time. */
export function addTimelineRoutes(
  viewers: Door<ViewerSession>,
  { ledger, fleet }: Pick<OwnCameraParts, 'ledger' | 'fleet'>,
): void {
  viewers.get(
    '/api/cameras/{camera}/timeline',
    {
      summary: 'Which time is stored, waits to be stored (it can be watched too), or is missing.',
      query: TimelineRequest,
      answer: TimelineAnswer,
    },
    async ({ who, params, query: { from: fromMs, to: toMs } }) => {
      const name = requireCamera(ledger, who, params.camera);
      const now = { nowMs: wallNow(), isRecording: isRecording(fleet(), name) };
      const timeline = await ledger.continuitySteps.timeline(name, { fromMs, toMs, ...now });
      return { ...timeline, pieces: piecesForOwners(timeline.pieces) };
    },
  );

  viewers.get(
    '/api/cameras/{camera}/days',
    {
      summary: "The timeline summed up by day of the account's time zone.",
      query: DaysRequest,
      answer: DaysAnswer,
    },
    async ({ who, params, query: { from, to } }) => {
      const name = requireCamera(ledger, who, params.camera);
      const days = localDays(from, to, who.timeZone);
      const now = { nowMs: wallNow(), isRecording: isRecording(fleet(), name) };
      const sums = await ledger.continuitySteps.days(name, { days, ...now });
      return {
        days: sums.flatMap((sum, i) => days.slice(i, i + 1).map((day) => ({ ...day, ...sum }))),
      };
    },
  );
}
