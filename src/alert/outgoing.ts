import type { AlertEvent, OutgoingMessage } from './channel.ts';
import type { DeliveryName, OpenDelivery } from '../model/alert.ts';

/** A delivery in the form that its channel takes. */
export const outgoing = (delivery: OpenDelivery): OutgoingMessage => ({
  id: `${delivery.message}-${delivery.position}`,
  to: delivery.address,
  text: delivery.text,
  subject: delivery.subject,
  // The alerter wrote it as an AlertEvent.
  event: delivery.event as AlertEvent,
  createdMs: delivery.createdMs,
});

/** The delivery of an {@link OutgoingMessage.id}; undefined for an invalid id. */
export function readMessageId(id: string): DeliveryName | undefined {
  const [, message, position] = /^([a-z0-9]+)-(\d{1,2})$/.exec(id) ?? [];
  return message === undefined ? undefined : { message, position: Number(position) };
}

/**
 * The unit that works or fails as a whole: a channel, or for webhooks each server, since servers
 * are independent.
 */
export const wayOf = ({ kind, channel, address }: OpenDelivery): string =>
  kind === 'webhook' ? `${channel} ${URL.parse(address)?.origin ?? address}` : channel;
