import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { type Channel, type OutgoingMessage, SendError } from '../../../src/alert/channel.ts';

let count = 0;

/** A message such as the outbox sends, with an id of its own. */
export function aMessage(more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  const createdMs = Date.now();
  return {
    id: `message-${process.pid}-${(count += 1)}`,
    to: '+6591234567',
    text: 'shop: front-door has not recorded since 10:42: the camera is offline',
    subject: 'shop: front-door has stopped recording',
    event: {
      kind: 'not-recording',
      account: 'shop',
      cameras: [{ name: 'front-door', sinceMs: createdMs - 60_000, cause: 'offline' }],
      atMs: createdMs,
    },
    createdMs,
    ...more,
  };
}

export const patient = new AbortController().signal;

/** What a channel throws when it sends `message`. */
export async function failureOf(
  channel: Channel,
  message: OutgoingMessage,
  signal: AbortSignal = patient,
): Promise<SendError> {
  try {
    await channel.send(message, signal);
  } catch (error) {
    assert.ok(error instanceof SendError, inspect(error));
    assert.doesNotMatch(error.message, /\n/);
    return error;
  }
  return assert.fail('was sent');
}

/** How a failure is told apart, in short. */
export const told = ({ kind, maybeSent }: SendError): string =>
  `${kind}${maybeSent ? ', maybe sent' : ''}`;
