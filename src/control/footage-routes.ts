import { wallNow } from '../lib/clock.ts';
import type { Door } from '../api/door.ts';
import { SegmentsAnswer, SegmentsRequest } from '../contract/cameras.ts';
import { ContinuityAnswer, ContinuityRequest } from '../contract/continuity.ts';
import { isRecording } from '../model/camera-status.ts';
import type { CameraRouteParts } from './camera-routes.ts';

/** What was recorded, and what became of each moment of a camera's time. */
export function addFootageRoutes(
  door: Door<unknown>,
  { ledger, fleet }: Pick<CameraRouteParts, 'ledger' | 'fleet'>,
): void {
  door.get(
    '/continuity/{account}/{camera}',
    { query: ContinuityRequest, answer: ContinuityAnswer },
    async ({ params, query: { from: fromMs, to: toMs } }) => {
      const now = { nowMs: wallNow(), isRecording: isRecording(fleet(), params) };
      return {
        ...params,
        ...(await ledger.continuitySteps.sum(params, { fromMs, toMs, ...now })),
      };
    },
  );

  door.get(
    '/segments/{account}/{camera}',
    { query: SegmentsRequest, answer: SegmentsAnswer },
    ({ params, query: { from: fromMs, to: toMs, limit, after } }) => {
      const segments = ledger.segments.list(params, { fromMs, toMs, limit, after });
      const last = segments.length === limit ? segments.at(-1) : undefined;
      return { segments, next: last && `${last.startMs}_${last.sha256}` };
    },
  );
}
