import { cameraState } from '../model/camera-state.ts';
import { formatCameraName } from '../model/camera-name.ts';
import type { Api } from './api.ts';
import { byName, describeNow } from './camera-routes.ts';
import type { WebParts } from './options.ts';
import { overview } from '../contract/web.ts';

const dayMs = 86_400_000;
/** What became of a day costs milliseconds for each camera. */
const sumsKeptMs = 60_000;
const shownAlerts = 50;

/** The whole fleet, for those who run it. */
export function addOperatorRoutes(api: Api, parts: WebParts): void {
  const { ledger, fleet } = parts;
  const kept = new Map<string, { readonly atMs: number; readonly sum: Sum }>();

  const lastDay = (name: { account: string; camera: string }, isRecording: boolean): Sum => {
    const key = formatCameraName(name);
    const known = kept.get(key);
    const atMs = performance.now();
    if (known !== undefined && atMs - known.atMs < sumsKeptMs) return known.sum;
    const nowMs = Date.now();
    const range = { fromMs: nowMs - dayMs, toMs: nowMs, nowMs, isRecording };
    const { storedMs, spooledMs, missingMs } = ledger.continuity.timeline(name, range);
    const sum = { storedMs, spooledMs, missingMs };
    // Each a little earlier or later than the others, so that not all are summed up at once again.
    kept.set(key, { atMs: atMs - Math.random() * 0.5 * sumsKeptMs, sum });
    return sum;
  };

  api.add({
    method: 'GET',
    path: '/api/operator/overview',
    summary: 'All cameras, those that miss most first, and how uploads, spool and alerts are.',
    access: 'operator',
    answers: { 200: { description: 'As it is now.', schema: overview } },
    handle: () => {
      const connected = byName(fleet());
      const states = ledger.states.list();
      const names = new Set(states.map(formatCameraName));
      for (const name of kept.keys()) if (!names.has(name)) kept.delete(name);
      const cameras = states
        .map((known) => {
          const connection = connected.get(formatCameraName(known));
          const now = describeNow(known, connection);
          const { account, camera: name } = known;
          return {
            account,
            name,
            ...now,
            doing: cameraState(known, connection?.state),
            isNew: known.newSinceMs !== undefined,
            detail: known.detail,
            last24h: lastDay(known, now.isRecording),
          };
        })
        .toSorted(
          (a, b) =>
            Number(a.isRecording) - Number(b.isRecording) ||
            b.last24h.missingMs - a.last24h.missingMs,
        );
      const alerts = ledger.alerts
        .list({ limit: shownAlerts })
        .map(({ id, account, contactName, kind, text, createdMs, deliveries }) => ({
          id,
          contactName,
          kind,
          text,
          createdMs,
          account,
          // Addresses may hold secrets, as those of webhooks do.
          deliveries: deliveries.map(({ kind: way, channel, state, sinceMs }) => ({
            kind: way,
            channel,
            state,
            sinceMs,
          })),
        }));
      return {
        nowMs: Date.now(),
        version: parts.version,
        cameras,
        uploads: parts.uploaderStatus(),
        spool: parts.spoolUsage(),
        alerts,
        alertsFailing: parts.alertsFailing(),
      };
    },
  });
}

interface Sum {
  readonly storedMs: number;
  readonly spooledMs: number;
  readonly missingMs: number;
}
