import type { Door } from '../api/door.ts';
import type { SettingChange } from '../contract/answer.ts';
import {
  type ContactAnswer,
  ContactChangesAnswer,
  ContactChangesRequest,
  ContactRequest,
  ContactsAnswer,
  ContactsRequest,
  NewContactAnswer,
} from '../contract/alerts.ts';
import type { AddressKind, ContactAddress, KnownContact, QuietHours } from '../model/contact.ts';
import { addressOf, requireAlerting, shownBy } from './alerting.ts';
import type { AlertRouteParts } from './alert-routes.ts';

/**
 * The ways of a contact after a change, in the order in which they are tried: a kind that is given
 * takes the place of that kind, or comes last.
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

/** The settings that differ. */
function changesOf(
  before: KnownContact,
  after: KnownContact,
  shown: (address: ContactAddress) => ContactAddress,
): SettingChange[] {
  const ways = ({ addresses }: KnownContact): string =>
    addresses
      .map(shown)
      .map(({ kind, address }) => `${kind} ${address}`)
      .join(', then ');
  const found: SettingChange[] = [];
  if (before.name !== after.name) {
    found.push({ setting: 'name', from: before.name, to: after.name });
  }
  // Different webhooks may be shown alike.
  if (JSON.stringify(before.addresses) !== JSON.stringify(after.addresses)) {
    found.push({ setting: 'ways', from: ways(before), to: ways(after) });
  }
  const [from, to] = [quietWords(before.quiet), quietWords(after.quiet)];
  if (from !== to) found.push({ setting: 'quiet hours', from, to });
  return found;
}

/** Who is told when a camera stops. */
export function addContactRoutes(
  door: Door<unknown>,
  { ledger, alerting, log }: AlertRouteParts,
): void {
  const answer = (contact: KnownContact): ContactAnswer => ({
    account: contact.account,
    name: contact.name,
    addresses: contact.addresses.map(shownBy(alerting())),
    quiet: contact.quiet,
    createdMs: contact.createdMs,
    timeZone: ledger.accounts.timeZone(contact.account) ?? 'UTC',
  });
  const secretsOf = (addresses: readonly ContactAddress[]): string[] =>
    addresses
      .filter(({ kind }) => kind === 'webhook')
      .map(({ address }) => requireAlerting(alerting()).webhookSecret(address));

  door.get(
    '/contacts',
    { query: ContactsRequest, answer: ContactsAnswer },
    ({ query: { account } }) => ({ contacts: ledger.contacts.list(account).map(answer) }),
  );

  door.post(
    '/contacts',
    { body: ContactRequest, answer: NewContactAnswer, status: 201 },
    ({ body }) => {
      const addresses = body.addresses.map((one) => addressOf(one, requireAlerting(alerting())));
      const added = ledger.contacts.add({ ...body, addresses });
      log.info('contact added', { account: added.account, contact: added.name });
      return { ...answer(added), webhookSecrets: secretsOf(addresses) };
    },
  );

  door.post(
    '/contacts/{account}/{name}',
    { body: ContactChangesRequest, answer: ContactChangesAnswer },
    ({ params: { account, name }, body }) => {
      const parts = requireAlerting(alerting());
      const given = body.addresses.map((one) => addressOf(one, parts));
      const { addresses } = ledger.contacts.require(account, name);
      const { before, after } = ledger.contacts.change(account, name, {
        name: body.name,
        quiet: body.quiet,
        addresses: changedWays(addresses, given, body.without),
      });
      const changes = changesOf(before, after, shownBy(parts));
      if (changes.length > 0) {
        const changed = changes.map(({ setting }) => setting).join(', ');
        log.info('contact changed', { account, contact: after.name, changed });
      }
      const had = new Set(before.addresses.map(({ address }) => address));
      const added = after.addresses.filter(({ address }) => !had.has(address));
      return { name: after.name, changes, webhookSecrets: secretsOf(added) };
    },
  );

  door.delete('/contacts/{account}/{name}', {}, ({ params: { account, name: contact } }) => {
    ledger.contacts.remove(account, contact);
    log.info('contact removed', { account, contact });
  });
}
