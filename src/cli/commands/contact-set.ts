import type { Command } from 'commander';
import type { ContactAddress } from '../../model/contact.ts';
import { collectAddresses, readQuietHours } from '../contact-words.ts';
import { clientOf, print, readAccountName } from '../context.ts';
import { UsageError } from '../errors.ts';
import { changeLines } from '../screens/change-lines.ts';

/** false: the option was negated, as with `--no-sms`. */
interface ContactSetOptions {
  readonly name: string;
  readonly newName?: string;
  readonly sms?: string | false;
  readonly email?: string | false;
  readonly webhook?: string | false;
  readonly quiet?: string | false;
}

const kinds = ['sms', 'email', 'webhook'] as const;

/** The changes to request from the daemon. */
function changesOf(options: ContactSetOptions, addresses: readonly ContactAddress[]) {
  const { newName, quiet } = options;
  const without = kinds.filter((kind) => options[kind] === false);
  for (const kind of without) {
    if (!addresses.some((one) => one.kind === kind)) continue;
    throw new UsageError(`Say either --${kind} or --no-${kind}.`);
  }
  const isSomething = [newName, quiet].some((one) => one !== undefined);
  if (!isSomething && without.length + addresses.length === 0) {
    throw new UsageError(
      'Say what is to change: --new-name, --sms, --no-sms, --email, --no-email, --webhook, --no-webhook, --quiet or --no-quiet.',
    );
  }
  return {
    name: newName,
    addresses,
    without,
    quiet: quiet === undefined ? undefined : quiet === false ? null : readQuietHours(quiet),
  };
}

export function addContactSetCommand(contact: Command): void {
  const { addresses, collect } = collectAddresses();
  contact
    .command('set <account>')
    .description('change a contact; alerts that wait for an old address go to the new one')
    .option('--name <name>', 'which contact', 'owner')
    .option('--new-name <name>', 'what it is called from now on')
    .option('--sms <number>', 'instead of its phone numbers: +65…', collect('sms'))
    .option('--no-sms', 'it is sent no SMS any more')
    .option('--email <address>', 'instead of its e-mail addresses', collect('email'))
    .option('--no-email', 'it is sent no mail any more')
    .option('--webhook <url>', 'instead of its webhooks', collect('webhook'))
    .option('--no-webhook', 'its webhooks go')
    .option('--quiet <hours>', 'what happens meanwhile is told at their end: 22:00-07:00')
    .option('--no-quiet', 'it is told at any hour')
    .action(async (account: string, options: ContactSetOptions, command: Command) => {
      readAccountName(account);
      const changes = changesOf(options, addresses);
      const path = `/contacts/${encodeURIComponent(account)}/${encodeURIComponent(options.name)}`;
      const answer = await clientOf(command).post(path, 'ContactChangesAnswer', changes);
      if (answer.changes.length === 0) {
        return print([`Nothing changes: contact ${options.name} of ${account} is so already.`]);
      }
      print([
        `Contact ${options.name} of ${account} is changed:`,
        ...changeLines(answer.changes),
        ...answer.webhookSecrets.map((secret) => `Its webhook checks signatures with ${secret}`),
        ...(addresses.length === 0 ? [] : [`Try it with: cctv alert test ${account}`]),
      ]);
    });
}
