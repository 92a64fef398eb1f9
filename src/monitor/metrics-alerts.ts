import type { Registry } from 'prom-client';
import { deliveryStates } from '../model/alert.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { gauge, only } from './metrics-gauges.ts';

export interface AlertMetricsParts {
  readonly ledger: Pick<Ledger, 'alerts'>;
  /** Ways to tell contacts that fail now. */
  readonly alertsFailing: () => readonly unknown[];
}

export function addAlertMetrics(
  registry: Registry,
  { ledger, alertsFailing }: AlertMetricsParts,
): void {
  gauge(
    registry,
    {
      name: 'cctv_alert_deliveries',
      help: 'Messages to contacts, by state, of those that the ledger keeps',
      labels: ['state'],
    },
    () => {
      const counts = ledger.alerts.deliveryCounts();
      return deliveryStates.map((state) => [{ state }, counts.get(state) ?? 0] as const);
    },
  );
  gauge(
    registry,
    { name: 'cctv_alert_channels_failing', help: 'Ways to tell contacts that fail now' },
    () => only(alertsFailing().length),
  );
}
