import * as z from 'zod';
import { OperatorError } from '../lib/errors.ts';
import type { AlertingParts } from './alerting.ts';
import type { ContactAddress } from '../model/contact.ts';

export const contactName = z.string({ error: () => 'The name must be text' }).max(200);

export const contactAddress = z.strictObject({
  kind: z.enum(['sms', 'email', 'webhook']),
  address: z.string().max(4_000),
});

export const quietHours = z.strictObject({ from: contactName, to: contactName });

/**
 * An address as it is kept.
 *
 * @throws {OperatorError} if it is none, or if nothing is configured that reaches it
 */
export function addressOf(
  { kind, address }: ContactAddress,
  { kinds, parseAddress }: AlertingParts,
): ContactAddress {
  if (!kinds.has(kind)) {
    throw new OperatorError(
      `Nothing is configured by which ${kind} could go out: see alerts in the configuration.`,
    );
  }
  return { kind, address: parseAddress(kind, address) };
}
