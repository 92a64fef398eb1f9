import type { ChannelTrouble } from '../alert/channel-health.ts';
import type { AlertMessage } from '../model/alert.ts';
import type { AddressKind, ContactPerson } from '../model/contact.ts';

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

// What the control socket answers, as JSON. Times are milliseconds since 1970 UTC.

/** GET /contacts; addresses are without what is secret in them. */
export interface ContactsAnswer {
  readonly contacts: readonly ContactAnswer[];
}

export interface ContactAnswer extends ContactPerson {
  readonly createdMs: number;
  /** Of its account, an IANA name. */
  readonly timeZone: string;
}

/** POST /contacts: the one time that secrets are told. */
export interface NewContactAnswer extends ContactAnswer {
  /** Of its webhooks, in their order. */
  readonly webhookSecrets: readonly string[];
}

/** GET /alerts: the newest first. */
export interface AlertsAnswer {
  readonly alerts: readonly AlertMessage[];
  readonly failing: readonly ChannelTrouble[];
}

/** POST /accounts/ACCOUNT/test-alert */
export interface TestAnswer {
  readonly messages: readonly string[];
}

/** GET /cameras/ACCOUNT/NAME/alerting */
export interface AlertingAnswer {
  /** Absent: as by default; 0: never. */
  readonly alertAfterSeconds?: number;
  readonly silentUntilMs?: number;
}
