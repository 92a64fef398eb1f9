import type { Registry } from 'prom-client';
import { gauge, only } from './metrics-gauges.ts';
import type { ControlParts } from '../control/options.ts';
import type { DeliveryState } from '../model/alert.ts';

const states: readonly DeliveryState[] = [
  ...(['waiting', 'queued', 'sending', 'doubtful'] as const),
  ...(['accepted', 'delivered', 'failed', 'unneeded'] as const),
];

export function addAlertMetrics(
  registry: Registry,
  { ledger, alerting }: Pick<ControlParts, 'ledger' | 'alerting'>,
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
      return states.map((state) => [{ state }, counts.get(state) ?? 0] as const);
    },
  );
  gauge(
    registry,
    { name: 'cctv_alert_channels_failing', help: 'Ways to tell contacts that do not work now' },
    () => only(alerting()?.failing().length ?? 0),
  );
}
