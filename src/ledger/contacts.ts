import { wallNow } from '../lib/clock.ts';
import type {
  ContactAddress,
  ContactChanges,
  ContactPerson,
  KnownContact,
  QuietHours,
} from '../model/contact.ts';
import type { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../lib/errors.ts';
import type { AccountRows } from './account-rows.ts';
import { transaction } from './database.ts';
import { DuplicateError, UnknownNameError } from '../model/errors.ts';
import { hint } from './hint.ts';
import { json, number, optional, reader, text } from './read.ts';

export interface ContactQueries {
  /** @throws {DuplicateError} the account has a contact of that name; {@link UnknownNameError} */
  add(contact: ContactPerson): KnownContact;
  /** All contacts, or those of one account, in the order of their names. */
  list(account?: string): KnownContact[];
  /** @throws {UnknownNameError} names the existing contacts */
  require(account: string, name: string): KnownContact;
  /**
   * Changes a contact. Pending alerts go to the changed addresses.
   *
   * @throws {DuplicateError} the account has another contact of the new name; {@link UnknownNameError}
   */
  change(
    account: string,
    name: string,
    changes: ContactChanges,
  ): { readonly before: KnownContact; readonly after: KnownContact };
  /**
   * Removes a contact and cancels its pending alerts.
   *
   * @throws {UnknownNameError} names the existing contacts
   */
  remove(account: string, name: string): void;
}

// Restricted, since the name appears unescaped in lists and messages.
const nameForm = /^[!-.0-~](?:[ -.0-~]{0,62}[!-.0-~])?$/;
const timeOfDay = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

const maxAddresses = 10;

/** @throws {OperatorError} */
function check({ name, addresses, quiet }: ContactPerson): void {
  if (!nameForm.test(name)) {
    throw new OperatorError(
      `"${name}" can't be the name of a contact: use 1 to 64 letters, digits and signs of ASCII, without /.`,
    );
  }
  if (addresses.length === 0 || addresses.length > maxAddresses) {
    throw new OperatorError(
      `A contact has 1 to ${maxAddresses} addresses: give --sms, --email or --webhook.`,
    );
  }
  if (quiet === undefined) return;
  if (!timeOfDay.test(quiet.from) || !timeOfDay.test(quiet.to) || quiet.from === quiet.to) {
    throw new OperatorError(
      `"${quiet.from}-${quiet.to}" are no quiet hours: write HH:MM-HH:MM, such as 22:00-07:00.`,
    );
  }
}

const select = `
  SELECT contacts.id, accounts.name AS account, contacts.name, contacts.createdMs,
    iif(quietFrom IS NULL, NULL, json_object('from', quietFrom, 'to', quietTo)) AS quiet,
    (SELECT json_group_array(json_object('kind', kind, 'address', address)) FROM
      (SELECT kind, address FROM contactAddresses
       WHERE contact = contacts.id ORDER BY position)) AS addresses
  FROM contacts JOIN accounts ON accounts.id = contacts.account
  WHERE accounts.removedMs IS NULL`;

const readContact = reader<KnownContact>({
  id: number,
  account: text,
  name: text,
  addresses: json(),
  quiet: optional(json<QuietHours>()),
  createdMs: number,
});

const quietColumns = (quiet: QuietHours | undefined) => ({
  from: quiet?.from ?? null,
  to: quiet?.to ?? null,
});

export function prepareContacts(database: DatabaseSync, accounts: AccountRows): ContactQueries {
  const all = database.prepare(`${select} ORDER BY accounts.name, contacts.name`);
  const ofAccount = database.prepare(`${select} AND accounts.name = ? ORDER BY contacts.name`);
  const byName = database.prepare(
    `${select} AND accounts.name = :account AND contacts.name = :name`,
  );
  const add = database.prepare(
    `INSERT INTO contacts (account, name, quietFrom, quietTo, createdMs) VALUES (:account, :name, :from, :to, :nowMs)
     RETURNING id`,
  );
  const addAddress = database.prepare(
    `INSERT INTO contactAddresses (contact, position, kind, address)
     VALUES (:contact, :position, :kind, :address)`,
  );
  const change = database.prepare(
    'UPDATE contacts SET name = :name, quietFrom = :from, quietTo = :to WHERE id = :id',
  );
  const dropAddresses = database.prepare('DELETE FROM contactAddresses WHERE contact = ?');
  // Held messages are looked up by the contact's name.
  const renameInMessages = database.prepare(
    'UPDATE OR IGNORE alertMessages SET contactName = :name WHERE contact = :id',
  );
  const remove = database.prepare('DELETE FROM contacts WHERE id = ?');

  const addAddresses = (contact: number, addresses: readonly ContactAddress[]): void => {
    for (const [position, { kind, address }] of addresses.entries()) {
      addAddress.run({ contact, position, kind, address });
    }
  };

  const list: ContactQueries['list'] = (account) => {
    if (account !== undefined) accounts.idOf(account);
    return (account === undefined ? all.all() : ofAccount.all(account)).map(readContact);
  };

  const requireContact = (account: string, name: string): KnownContact => {
    const row = byName.get({ account, name });
    if (row !== undefined) return readContact(row);
    const names = list(account).map((contact) => contact.name);
    throw new UnknownNameError(
      `${account} has no contact ${name}.${hint('contacts', name, names)}`,
    );
  };

  return {
    list,
    require: requireContact,
    add: (given) =>
      transaction(database, () => {
        const account = accounts.idOf(given.account);
        check(given);
        if (byName.get({ account: given.account, name: given.name }) !== undefined) {
          throw isThere(given.account, given.name);
        }
        const { name, quiet, addresses } = given;
        const row = add.get({ account, name, ...quietColumns(quiet), nowMs: wallNow() });
        addAddresses(number(row?.['id']), addresses);
        return requireContact(given.account, name);
      }),
    change: (account, name, changes) =>
      transaction(database, () => {
        const before = requireContact(account, name);
        const quiet = changes.quiet === undefined ? before.quiet : (changes.quiet ?? undefined);
        const after: ContactPerson = {
          account,
          name: changes.name ?? name,
          addresses: changes.addresses ?? before.addresses,
          quiet,
        };
        check(after);
        if (after.name !== name && byName.get({ account, name: after.name }) !== undefined) {
          throw isThere(account, after.name);
        }
        change.run({ id: before.id, name: after.name, ...quietColumns(quiet) });
        if (after.name !== name) renameInMessages.run({ id: before.id, name: after.name });
        dropAddresses.run(before.id);
        addAddresses(before.id, after.addresses);
        return { before, after: requireContact(account, after.name) };
      }),
    remove: (account, name) =>
      transaction(database, () => {
        remove.run(requireContact(account, name).id);
      }),
  };
}

const isThere = (account: string, name: string): DuplicateError =>
  new DuplicateError(`${account} has a contact ${name} already.`);
