import type { ChannelTrouble } from '../contract/alerts.ts';
import type { AddressKind, ContactAddress } from '../model/contact.ts';
import { OperatorError } from '../lib/errors.ts';

/** Who tells the contacts, as the control socket needs it. */
export interface AlertingParts {
  /** Ways that the configuration has. */
  readonly kinds: ReadonlySet<AddressKind>;
  /** An address in the form that is kept; throws an OperatorError if it is none of its kind. */
  readonly parseAddress: (kind: AddressKind, text: string) => string;
  /** An address without what is secret in it. */
  readonly shownAddress: (kind: AddressKind, address: string) => string;
  /** What a webhook's receiver checks signatures with; told when it is added. */
  readonly webhookSecret: (url: string) => string;
  /** Sends a test to all contacts of an account; returns the ids of the messages. */
  readonly test: (account: string) => readonly string[];
  readonly failing: () => readonly ChannelTrouble[];
}

/**
 * An address in the form that is kept.
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

/** @throws {OperatorError} if no alerts are configured */
export function requireAlerting(alerting: AlertingParts | undefined): AlertingParts {
  if (alerting !== undefined) return alerting;
  throw new OperatorError('This daemon tells nobody anything: it has no alerts.');
}

/** Shows addresses without what is secret in them. */
export const shownBy =
  (alerting: AlertingParts | undefined) =>
  <T extends ContactAddress>(one: T): T => ({
    ...one,
    address: alerting?.shownAddress(one.kind, one.address) ?? one.address,
  });
