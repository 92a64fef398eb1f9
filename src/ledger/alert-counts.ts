import type { DatabaseSync } from 'node:sqlite';
import type { DeliveryState } from './alerts.ts';
import { number, text } from './rows.ts';

export interface AlertCounts {
  /** How many deliveries of alerts are in each state, of those that are kept. */
  alertDeliveries(): ReadonlyMap<DeliveryState, number>;
}

export function prepareAlertCounts(database: DatabaseSync): AlertCounts {
  const counts = database.prepare(
    'SELECT state, count(*) AS count FROM alertDeliveries GROUP BY state',
  );
  return {
    alertDeliveries: () =>
      // The schema allows no other words.
      new Map(
        counts.all().map((row) => [text(row, 'state') as DeliveryState, number(row, 'count')]),
      ),
  };
}
