import { wallNow } from '../lib/clock.ts';
import type { Door } from '../api/door.ts';
import {
  AlertAfterRequest,
  AlertAnswer,
  AlertingAnswer,
  type AlertMessage,
  AlertsAnswer,
  AlertsRequest,
  SilenceRequest,
  TestAnswer,
} from '../contract/alerts.ts';
import { UnknownNameError } from '../model/errors.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Log } from '../lib/log.ts';
import { formatCameraName } from '../model/camera-name.ts';
import { type AlertingParts, requireAlerting, shownBy } from './alerting.ts';

export interface AlertRouteParts {
  readonly ledger: Ledger;
  /** Undefined: no alerts are configured. */
  readonly alerting: () => AlertingParts | undefined;
  readonly log: Log;
}

/** What contacts were told, and when they are told of a camera. */
export function addAlertRoutes(
  door: Door<unknown>,
  { ledger, alerting, log }: AlertRouteParts,
): void {
  const shown = (message: AlertMessage): AlertMessage => ({
    ...message,
    deliveries: message.deliveries.map(shownBy(alerting())),
  });

  door.post('/accounts/{account}/test-alert', { answer: TestAnswer }, ({ params: { account } }) => {
    ledger.accounts.timeZone(account);
    return { messages: requireAlerting(alerting()).test(account) };
  });

  door.get('/alerts', { query: AlertsRequest, answer: AlertsAnswer }, ({ query }) => ({
    alerts: ledger.alerts.list(query).map(shown),
    failing: alerting()?.failing() ?? [],
  }));

  door.get('/alerts/{id}', { answer: AlertAnswer }, ({ params: { id } }) => {
    const found = ledger.alerts.find(id);
    if (found !== undefined) return shown(found);
    throw new UnknownNameError(`There is no alert ${id}.`);
  });

  door.get('/cameras/{account}/{camera}/alerting', { answer: AlertingAnswer }, ({ params }) =>
    ledger.alertSettings.of(params),
  );

  door.post(
    '/cameras/{account}/{camera}/silence',
    { body: SilenceRequest, answer: AlertingAnswer },
    ({ params, body: { forMs } }) => {
      ledger.alertSettings.silence(params, forMs === null ? undefined : wallNow() + forMs);
      log.info(forMs === null ? 'camera is no longer silenced' : 'camera is silenced', {
        camera: formatCameraName(params),
        forSeconds: forMs === null ? undefined : Math.round(forMs / 1_000),
      });
      return ledger.alertSettings.of(params);
    },
  );

  door.post(
    '/cameras/{account}/{camera}/alert-after',
    { body: AlertAfterRequest, answer: AlertingAnswer },
    ({ params, body: { seconds } }) => {
      ledger.alertSettings.setAfter(params, seconds ?? undefined);
      log.info('camera has another time until its alert', {
        camera: formatCameraName(params),
        seconds,
      });
      return ledger.alertSettings.of(params);
    },
  );
}
