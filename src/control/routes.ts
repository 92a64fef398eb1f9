import type { FastifyInstance } from 'fastify';
import { addAccountRoutes } from './account-routes.ts';
import { addAlertRoutes } from './alert-routes.ts';
import type { ReloadAnswer, SegmentsAnswer, StatusAnswer } from '../contract/control.ts';
import { addCameraRoutes, type NamedCamera, nameOf } from './camera-routes.ts';
import { addCameraSettingsRoute } from './camera-settings.ts';
import type { ControlParts } from './options.ts';
import { addContinuityRoutes } from './continuity-routes.ts';
import { addHealthRoutes } from '../monitor/health-routes.ts';
import { addViewerRoutes } from './viewer-routes.ts';
import { addExportRoutes } from './export-routes.ts';
import { addOperatorRoutes } from './operator-routes.ts';
import { parseRequest, segmentPage } from './requests.ts';
import { addTokenRoutes } from './token-routes.ts';
import { addVerifyRoutes } from './verify-routes.ts';

/** All that can be asked of and told to the daemon. */
export function addRoutes(app: FastifyInstance, parts: ControlParts): void {
  const { ledger, fleet } = parts;
  addViewerRoutes(app, parts);
  addOperatorRoutes(app, parts);
  addExportRoutes(app, parts);
  addAlertRoutes(app, parts);

  app.get('/status', async (): Promise<StatusAnswer> => {
    const connected = fleet();
    const refused = parts.refusedConfiguration();
    return {
      version: parts.version,
      pid: process.pid,
      startedAtMs: parts.startedAtMs,
      refusedConfiguration: refused,
      tunnel: await parts.tunnelInfo(),
      cameras: {
        known: ledger.accounts.list().reduce((sum, { cameras }) => sum + cameras, 0),
        connected: connected.length,
        recording: connected.filter(({ state }) => state === 'recording').length,
      },
      spool: parts.spoolUsage(),
      uploads: parts.uploaderStatus(),
      health: parts.health.health(),
      readiness: parts.health.readiness(),
    };
  });

  app.post('/reload', (): Promise<ReloadAnswer> => parts.reload());

  addHealthRoutes(app, parts);

  addAccountRoutes(app, parts);
  addTokenRoutes(app, parts);
  addCameraRoutes(app, parts);
  addCameraSettingsRoute(app, parts);
  addVerifyRoutes(app, parts);
  addContinuityRoutes(app, parts);

  app.get<NamedCamera>('/segments/:account/:name', (request): SegmentsAnswer => {
    const { from, to, limit, after } = parseRequest(segmentPage, request.query);
    const segments = ledger.segments.list(nameOf(request.params), {
      fromMs: from,
      toMs: to,
      limit,
      after,
    });
    const last = segments.length === limit ? segments.at(-1) : undefined;
    return { segments, next: last === undefined ? undefined : `${last.startMs}_${last.sha256}` };
  });
}
