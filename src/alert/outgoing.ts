import type { AlertEvent, OutgoingMessage } from './channel.ts';
import type { DeliveryName, OpenDelivery } from '../model/alert.ts';

/** A delivery as its channel is given it. */
export const outgoing = (delivery: OpenDelivery): OutgoingMessage => ({
  id: `${delivery.message}-${delivery.position}`,
  to: delivery.address,
  text: delivery.text,
  subject: delivery.subject,
  // It was written as one.
  event: delivery.event as AlertEvent,
  createdMs: delivery.createdMs,
});

/** The delivery that an {@link OutgoingMessage.id} is of. */
export function readMessageId(id: string): DeliveryName | undefined {
  const [, message, position] = /^([a-z0-9]+)-(\d{1,2})$/.exec(id) ?? [];
  return message === undefined ? undefined : { message, position: Number(position) };
}

/**
 * What fails and works as one: a channel; of webhooks each server, since they have nothing to do with
 * one another.
 */
export const wayOf = ({ kind, channel, address }: OpenDelivery): string =>
  kind === 'webhook' ? `${channel} ${URL.parse(address)?.origin ?? address}` : channel;
