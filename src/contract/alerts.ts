import * as z from 'zod';
import { deliveryStates } from '../model/alert.ts';
import { addressKinds } from '../model/contact.ts';
import { count, ms, type Sent, SettingChange } from './answer.ts';

const name = z.string({ error: () => 'The name must be text' }).max(200);

/** A number with its +, an e-mail address, or a URL. */
const contactAddress = z.object({ kind: z.enum(addressKinds), address: z.string().max(4_000) });

/** A stretch of each day, `HH:MM` in the account's time zone; it may pass midnight. */
const quietHours = z.object({ from: name, to: name });

export const ContactRequest = z.strictObject({
  account: name,
  name,
  /** In the order in which they are tried. */
  addresses: z.array(contactAddress.strict()).max(20),
  quiet: quietHours.strict().exactOptional(),
});

/** Addresses are without what is secret in them. */
export const ContactAnswer = z.object({
  account: z.string(),
  name: z.string(),
  addresses: z.array(contactAddress),
  quiet: quietHours.optional(),
  createdMs: ms,
  /** Of its account, an IANA name. */
  timeZone: z.string(),
});
export type ContactAnswer = Sent<typeof ContactAnswer>;

export const ContactsRequest = z.strictObject({ account: name.optional() });
export const ContactsAnswer = z.object({ contacts: z.array(ContactAnswer) });

/** The one time that secrets are told. */
export const NewContactAnswer = ContactAnswer.extend({
  /** Of its webhooks, in their order. */
  webhookSecrets: z.array(z.string()),
});

export const ContactChangesRequest = z.strictObject({
  name: name.exactOptional(),
  /** Each kind that is in it takes the place of all of that kind. */
  addresses: z.array(contactAddress.strict()).max(20).default([]),
  /** Kinds that go. */
  without: z.array(z.enum(addressKinds)).max(3).default([]),
  quiet: quietHours.strict().nullable().exactOptional(),
});
/** The one time that secrets are told. */
export const ContactChangesAnswer = z.object({
  /** What the contact is called now. */
  name: z.string(),
  changes: z.array(SettingChange),
  /** Of the webhooks that are new, in their order. */
  webhookSecrets: z.array(z.string()),
});

/** A way by which a message goes, and what became of it. */
const delivery = z.object({
  kind: z.enum(addressKinds),
  channel: z.string(),
  address: z.string(),
  position: z.number(),
  state: z.enum(deliveryStates),
  attempts: count,
  /** When the state was reached. */
  sinceMs: ms,
  carrierId: z.string().optional(),
  /** What the carrier said, or why it failed. */
  detail: z.string().optional(),
});

/** What one contact is told of one event. */
export const AlertAnswer = z.object({
  /** 1 to 33 of a-z, 0-9 and `-`. */
  id: z.string(),
  /** Absent: it is for the operator. */
  account: z.string().optional(),
  contactName: z.string(),
  kind: z.string(),
  /** Plain JSON data. */
  event: z.unknown(),
  text: z.string(),
  subject: z.string(),
  createdMs: ms,
  /** Why it waits, to be told together with others. */
  heldFor: z.enum(['quiet', 'rate']).optional(),
  /** With which message it was told. */
  mergedInto: z.string().optional(),
  deliveries: z.array(delivery),
});
export type AlertMessage = Sent<typeof AlertAnswer>;
export type AlertDelivery = AlertMessage['deliveries'][number];

/** A way to tell contacts that fails. */
export const ChannelTrouble = z.object({
  channel: z.string(),
  sinceMs: ms,
  /** In plain words, without secrets. */
  cause: z.string(),
});
export type ChannelTrouble = Sent<typeof ChannelTrouble>;

export const AlertsRequest = z.strictObject({
  account: name.optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
/** The newest first. */
export const AlertsAnswer = z.object({
  alerts: z.array(AlertAnswer),
  failing: z.array(ChannelTrouble),
});
export type AlertsAnswer = Sent<typeof AlertsAnswer>;

/** The ids of the messages of a test. */
export const TestAnswer = z.object({ messages: z.array(z.string()) });

const yearMs = 366 * 86_400_000;
const silenceRule = { error: () => 'A silence lasts up to a year' };
export const SilenceRequest = z.strictObject({
  /** null: it ends. */
  forMs: z.int(silenceRule).positive(silenceRule).max(yearMs, silenceRule).nullable(),
});
export const AlertAfterRequest = z.strictObject({ seconds: z.number().nullable() });

export const AlertingAnswer = z.object({
  /** Absent: as by default; 0: never. */
  alertAfterSeconds: z.number().optional(),
  silentUntilMs: ms.optional(),
});
