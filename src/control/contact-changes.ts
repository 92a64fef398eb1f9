import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { AlertingParts } from './alerting.ts';
import { addressOf, contactAddress, contactName, quietHours } from './contact-requests.ts';
import type { SettingChange } from './camera-settings.ts';
import type { ControlParts } from './options.ts';
import { parseRequest } from './requests.ts';
import type { AddressKind, ContactAddress, KnownContact, QuietHours } from '../model/contact.ts';

/** POST /contacts/ACCOUNT/NAME: the one time that secrets are told. */
export interface ContactChangesAnswer {
  /** What the contact is called now. */
  readonly name: string;
  readonly changes: readonly SettingChange[];
  /** Of the webhooks that are new, in their order. */
  readonly webhookSecrets: readonly string[];
}

const changes = z.strictObject({
  name: contactName.exactOptional(),
  /** Each kind that is in it takes the place of all of that kind. */
  addresses: z.array(contactAddress).max(20).default([]),
  /** Kinds that go. */
  without: z.array(contactAddress.shape.kind).max(3).default([]),
  quiet: quietHours.nullable().exactOptional(),
});

interface NamedContact {
  readonly Params: { readonly account: string; readonly name: string };
}

/**
 * The ways of a contact after a change, in the order in which they are tried: a kind that is given
 * stands where that kind stood, or comes last.
 */
export function changedWays(
  before: readonly ContactAddress[],
  given: readonly ContactAddress[],
  without: readonly AddressKind[],
): ContactAddress[] {
  const replaced = new Set(given.map(({ kind }) => kind));
  const kept = before.filter(({ kind }) => !replaced.has(kind) && !without.includes(kind));
  if (kept.length === 0) return [...given];
  const ways: ContactAddress[] = [];
  const placed = new Set<AddressKind>();
  for (const way of before) {
    if (kept.includes(way)) ways.push(way);
    else if (replaced.has(way.kind) && !placed.has(way.kind)) {
      placed.add(way.kind);
      ways.push(...given.filter(({ kind }) => kind === way.kind));
    }
  }
  return [...ways, ...given.filter(({ kind }) => !placed.has(kind))];
}

const quietWords = (quiet: QuietHours | undefined): string =>
  quiet === undefined ? 'none' : `${quiet.from}-${quiet.to}`;

/** Each setting that the two don't have in common. */
function changesOf(
  before: KnownContact,
  after: KnownContact,
  { shownAddress }: AlertingParts,
): SettingChange[] {
  const ways = ({ addresses }: KnownContact): string =>
    addresses.map(({ kind, address }) => `${kind} ${shownAddress(kind, address)}`).join(', then ');
  const found: SettingChange[] = [];
  if (before.name !== after.name) {
    found.push({ setting: 'name', from: before.name, to: after.name });
  }
  // Of webhooks, what is shown may be the same where they are not.
  if (JSON.stringify(before.addresses) !== JSON.stringify(after.addresses)) {
    found.push({ setting: 'ways', from: ways(before), to: ways(after) });
  }
  const [from, to] = [quietWords(before.quiet), quietWords(after.quiet)];
  if (from !== to) found.push({ setting: 'quiet hours', from, to });
  return found;
}

export function addContactChangeRoute(
  app: FastifyInstance,
  { ledger, log }: Pick<ControlParts, 'ledger' | 'log'>,
  alerting: () => AlertingParts,
): void {
  app.post<NamedContact>('/contacts/:account/:name', (request): ContactChangesAnswer => {
    const { account, name } = request.params;
    const given = parseRequest(changes, request.body);
    const parts = alerting();
    const addresses = given.addresses.map((one) => addressOf(one, parts));
    const { addresses: ways } = ledger.contacts.require(account, name);
    const { before, after } = ledger.contacts.change(account, name, {
      name: given.name,
      quiet: given.quiet,
      addresses: changedWays(ways, addresses, given.without),
    });
    const changed = changesOf(before, after, parts);
    if (changed.length > 0) {
      const what = changed.map(({ setting }) => setting).join(', ');
      log.info('contact changed', { account, contact: after.name, changed: what });
    }
    const had = new Set(before.addresses.map(({ address }) => address));
    const newWebhooks = after.addresses.filter(
      ({ kind, address }) => kind === 'webhook' && !had.has(address),
    );
    return {
      name: after.name,
      changes: changed,
      webhookSecrets: newWebhooks.map(({ address }) => parts.webhookSecret(address)),
    };
  });
}
