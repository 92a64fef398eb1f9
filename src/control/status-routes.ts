import type { Door } from '../api/door.ts';
import {
  type RefusedConfiguration,
  ReloadAnswer,
  type SpoolStatus,
  StatusAnswer,
  type TunnelInfo,
  type UploadStatus,
} from '../contract/status.ts';
import type { HealthParts } from '../monitor/health-routes.ts';
import type { CameraRouteParts } from './camera-routes.ts';

export interface StatusRouteParts
  extends Pick<HealthParts, 'health'>,
    Pick<CameraRouteParts, 'ledger' | 'fleet'> {
  readonly version: string;
  readonly startedAtMs: number;
  /** Present while the daemon runs with another configuration than stands in its file. */
  readonly refusedConfiguration: () => RefusedConfiguration | undefined;
  readonly tunnelInfo: () => Promise<TunnelInfo>;
  readonly spoolUsage: () => SpoolStatus;
  readonly uploaderStatus: () => UploadStatus;
  /** What is wrong with this machine while it records. */
  readonly serverTroubles: () => string[];
  /** Reads the configuration again, and applies what can be applied without a gap. */
  readonly reload: () => Promise<ReloadAnswer>;
}

/** How the daemon is doing. */
export function addStatusRoutes(door: Door<unknown>, parts: StatusRouteParts): void {
  door.get('/status', { answer: StatusAnswer }, async () => {
    const connected = parts.fleet();
    return {
      version: parts.version,
      pid: process.pid,
      startedAtMs: parts.startedAtMs,
      refusedConfiguration: parts.refusedConfiguration(),
      tunnel: await parts.tunnelInfo(),
      cameras: {
        known: parts.ledger.accounts.list().reduce((sum, { cameras }) => sum + cameras, 0),
        connected: connected.length,
        recording: connected.filter(({ state }) => state === 'recording').length,
      },
      spool: parts.spoolUsage(),
      uploads: parts.uploaderStatus(),
      serverTroubles: parts.serverTroubles(),
      health: parts.health.health(),
      readiness: parts.health.readiness(),
    };
  });

  door.post('/reload', { answer: ReloadAnswer }, () => parts.reload());
}
