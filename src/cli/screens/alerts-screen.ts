import type { AlertDelivery, AlertMessage, AlertsAnswer } from '../../contract/alerts.ts';
import { plain } from '../plain.ts';
import { table } from '../table.ts';
import { count } from '../../lib/words.ts';
import { formatTime, formatWhen } from '../units.ts';

/** What `cctv alert list` shows: each message, and below it its deliveries. */
export function alertsScreen({ alerts, failing }: AlertsAnswer, nowMs: number): string[] {
  const troubles = failing.map(
    ({ channel, sinceMs, cause }) =>
      `${channel} fails since ${formatWhen(sinceMs, nowMs)}: ${plain(cause)}`,
  );
  if (alerts.length === 0) return [...troubles, 'Nobody was told anything yet.'];
  return [
    ...troubles,
    ...(troubles.length === 0 ? [] : ['']),
    ...table(
      [
        { head: 'DECIDED', cell: ({ createdMs }) => formatTime(createdMs, nowMs) },
        { head: 'ACCOUNT', stays: true, cell: ({ account }) => account ?? '(operator)' },
        { head: 'CONTACT', stays: true, cell: ({ contactName }) => contactName },
        { head: 'STATE', cutTo: 10, cell: stateOf },
        { head: 'TEXT', wraps: true, cell: ({ text }) => plain(text) },
      ],
      alerts,
      (message) => deliveryLines(message, nowMs),
    ),
  ];
}

/** The state of a message: that of its most successful delivery. */
export function stateOf({ heldFor, mergedInto, deliveries }: AlertMessage): string {
  if (heldFor !== undefined) return heldFor === 'quiet' ? 'held (quiet hours)' : 'held (limit)';
  if (mergedInto !== undefined) return 'told later';
  if (deliveries.length === 0) return 'no way to send';
  const order = ['delivered', 'accepted', 'sending', 'doubtful', 'queued', 'failed'] as const;
  const best = order.find((state) => deliveries.some((delivery) => delivery.state === state));
  return best ?? 'not sent';
}

const deliveryLines = ({ deliveries }: AlertMessage, nowMs: number): string[] =>
  deliveries
    .filter(({ state }) => state !== 'waiting')
    .map((delivery) => deliveryLine(delivery, nowMs));

export function deliveryLine(delivery: AlertDelivery, nowMs: number): string {
  const { kind, address, channel, state, sinceMs, attempts, detail } = delivery;
  const how = channel === kind ? '' : ` by ${channel}`;
  const tries = attempts > 1 ? ` after ${count(attempts, 'attempt')}` : '';
  const said = detail === undefined ? '' : `: ${plain(detail)}`;
  return `${kind} to ${plain(address)}${how}: ${state} ${formatTime(sinceMs, nowMs)}${tries}${said}`;
}
