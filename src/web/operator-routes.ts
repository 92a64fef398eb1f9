import { wallNow } from '../lib/clock.ts';
import type { Door } from '../api/door.ts';
import type { AlertMessage, ChannelTrouble } from '../contract/alerts.ts';
import type { SpoolStatus, UploadStatus } from '../contract/status.ts';
import { OverviewAnswer } from '../contract/web.ts';
import { LongWork } from '../lib/long-work.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { cameraState } from '../model/camera-state.ts';
import { byName, describeNow, type OwnCameraParts } from './camera-routes.ts';
import type { OperatorSession } from './sessions.ts';

export interface OverviewParts extends Pick<OwnCameraParts, 'ledger' | 'fleet'> {
  readonly spoolUsage: () => SpoolStatus;
  readonly uploaderStatus: () => UploadStatus;
  /** What is wrong with this machine while it records. */
  readonly serverTroubles: () => string[];
  readonly alertsFailing: () => readonly ChannelTrouble[];
  readonly version: string;
}

type LastDay = OverviewAnswer['cameras'][number]['last24h'];

const dayMs = 86_400_000;
/** Summing up a day takes milliseconds for each camera. */
const sumsKeptMs = 60_000;
const shownAlerts = 50;

/** The whole fleet, for those who run it. */
export function addOperatorRoutes(operators: Door<OperatorSession>, parts: OverviewParts): void {
  const { ledger, fleet } = parts;
  const kept = new Map<string, { readonly atMs: number; readonly sum: LastDay }>();

  const lastDay = (name: CameraName, isRecording: boolean): LastDay => {
    const key = formatCameraName(name);
    const known = kept.get(key);
    const atMs = performance.now();
    if (known !== undefined && atMs - known.atMs < sumsKeptMs) return known.sum;
    const nowMs = wallNow();
    const range = { fromMs: nowMs - dayMs, toMs: nowMs, nowMs, isRecording };
    const { storedMs, spooledMs, missingMs } = ledger.continuity.timeline(name, range);
    const sum = { storedMs, spooledMs, missingMs };
    // Spread, so that they do not all expire at once.
    kept.set(key, { atMs: atMs - Math.random() * 0.5 * sumsKeptMs, sum });
    return sum;
  };

  operators.get(
    '/api/operator/overview',
    {
      summary: 'All cameras, those that miss most first, and how uploads, spool and alerts are.',
      answer: OverviewAnswer,
    },
    async () => {
      const connected = byName(fleet());
      const states = ledger.states.list();
      const names = new Set(states.map(formatCameraName));
      for (const name of kept.keys()) if (!names.has(name)) kept.delete(name);
      const cameras: OverviewAnswer['cameras'][number][] = [];
      const work = new LongWork();
      for (const known of states) {
        await work.rest();
        const connection = connected.get(formatCameraName(known));
        const now = describeNow(known, connection);
        cameras.push({
          account: known.account,
          name: known.camera,
          ...now,
          doing: cameraState(known, connection?.state),
          isNew: known.newSinceMs !== undefined,
          detail: known.detail,
          last24h: lastDay(known, now.isRecording),
        });
      }
      cameras.sort(
        (a, b) =>
          Number(a.isRecording) - Number(b.isRecording) ||
          b.last24h.missingMs - a.last24h.missingMs,
      );
      return {
        nowMs: wallNow(),
        version: parts.version,
        cameras,
        uploads: parts.uploaderStatus(),
        spool: parts.spoolUsage(),
        serverTroubles: parts.serverTroubles(),
        alerts: ledger.alerts.list({ limit: shownAlerts }).map(withoutAddresses),
        alertsFailing: parts.alertsFailing(),
      };
    },
  );
}

/** Addresses may hold secrets, as those of webhooks do. */
const withoutAddresses = ({ deliveries, ...message }: AlertMessage) => ({
  ...message,
  deliveries: deliveries.map(({ kind, channel, state, sinceMs }) => ({
    kind,
    channel,
    state,
    sinceMs,
  })),
});
