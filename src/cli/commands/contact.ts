import type { Command } from 'commander';
import type { ContactAnswer } from '../../contract/alerts.ts';
import { confirm } from '../confirm.ts';
import { collectAddresses, contactWays, readQuietHours } from '../contact-words.ts';
import { clientOf, print, printJson, readAccountName, refuseUnknownAccount } from '../context.ts';
import { UsageError } from '../errors.ts';
import { table } from '../table.ts';
import { addContactSetCommand } from './contact-set.ts';

interface AddContactOptions {
  readonly name: string;
  readonly quiet?: string;
}

export function addContactCommands(contact: Command): void {
  const { addresses, collect } = collectAddresses();
  contact
    .command('add <account>')
    .description('tell somebody; of several ways, the next is tried when the one before fails')
    .option('--name <name>', 'what the contact is called', 'owner')
    .option('--sms <number>', 'a phone number with its country code: +65…', collect('sms'))
    .option('--email <address>', 'an e-mail address', collect('email'))
    .option('--webhook <url>', 'an address that gets signed JSON', collect('webhook'))
    .option('--quiet <hours>', 'what happens meanwhile is told at their end: 22:00-07:00')
    .action(async (account: string, { name, quiet }: AddContactOptions, command: Command) => {
      if (addresses.length === 0) {
        throw new UsageError('Say how to reach the contact: --sms, --email or --webhook.');
      }
      readAccountName(account);
      const given = {
        account,
        name,
        addresses,
        quiet: quiet === undefined ? undefined : readQuietHours(quiet),
      };
      const added = await clientOf(command).post('/contacts', 'NewContactAnswer', given);
      const hours =
        added.quiet === undefined
          ? []
          : [`Quiet from ${added.quiet.from} to ${added.quiet.to}, ${added.timeZone}.`];
      print([
        `Contact ${added.name} of ${account} is added: ${contactWays(added.addresses)}.`,
        ...hours,
        ...added.webhookSecrets.map((secret) => `Its webhook checks signatures with ${secret}`),
        `Try it with: cctv alert test ${account}`,
      ]);
    });

  addContactSetCommand(contact);

  contact
    .command('list [account]')
    .description('list the contacts')
    .option('--json', 'print JSON')
    .action(async (account: string | undefined, { json }: { json?: true }, command: Command) => {
      if (account !== undefined) readAccountName(account);
      const client = clientOf(command);
      const answer = await client.get('/contacts', 'ContactsAnswer', { account });
      if (account !== undefined && answer.contacts.length === 0) {
        await refuseUnknownAccount(client, account);
      }
      if (json) return printJson(answer);
      if (answer.contacts.length === 0) {
        return print(['There are no contacts. Add one with: cctv contact add ACCOUNT --sms +65…']);
      }
      print(
        table<ContactAnswer>(
          [
            { head: 'ACCOUNT', stays: true, cell: (one) => one.account },
            { head: 'CONTACT', stays: true, cell: (one) => one.name },
            { head: 'QUIET', cell: ({ quiet }) => (quiet ? `${quiet.from}-${quiet.to}` : '-') },
            { head: 'TIME ZONE', cell: ({ timeZone }) => timeZone },
            { head: 'WAYS', wraps: true, cell: (one) => contactWays(one.addresses) },
          ],
          answer.contacts,
        ),
      );
    });

  contact
    .command('remove <account> <name>')
    .description('tell somebody nothing any more')
    .option('--yes', 'do not ask')
    .action(async (account: string, name: string, { yes }: { yes?: true }, command: Command) => {
      readAccountName(account);
      const question = `Remove the contact ${name} of ${account}?`;
      if (yes !== true && !(await confirm(question))) return print(['Nothing was changed.']);
      const path = `/contacts/${encodeURIComponent(account)}/${encodeURIComponent(name)}`;
      await clientOf(command).delete(path);
      print([`Contact ${name} of ${account} is removed.`]);
    });
}
