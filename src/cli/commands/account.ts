import type { Command } from 'commander';
import type { Account } from '../../contract/accounts.ts';
import { clientOf, print, printJson, readAccountName } from '../context.ts';
import { UsageError } from '../errors.ts';
import { table } from '../table.ts';
import { readTimeZone } from '../times.ts';
import { formatTime } from '../units.ts';
import { addAccountChangeCommands } from './account-changes.ts';
import { addAccountPasswordCommand, addViewer } from './viewer.ts';

export function addAccountCommands(account: Command): void {
  account
    .command('add <name>')
    .description('add an account, with a viewer of the same name')
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = readAccountName(text);
      const client = clientOf(command);
      await client.post('/accounts', 'AccountAnswer', { name });
      const login = await addViewer(client, { account: name, name });
      print([
        `Account ${name} is added. Add its cameras with: cctv camera add ${name}/NAME --key FILE`,
        '',
        ...login,
      ]);
    });

  addAccountPasswordCommand(account);
  addAccountChangeCommands(account);

  account
    .command('set <account>')
    .description('change what is set for an account')
    .option('--time-zone <name>', 'of the times that contacts read, such as Asia/Singapore')
    .action(async (text: string, _options: unknown, command: Command) => {
      const name = readAccountName(text);
      // Commander gives the value to the global option of the same name.
      const given = command.optsWithGlobals<{ timeZone?: string }>().timeZone;
      if (given === undefined) throw new UsageError('Say which: --time-zone Asia/Singapore');
      const timeZone = readTimeZone(given);
      const path = `/accounts/${encodeURIComponent(name)}/time-zone`;
      await clientOf(command).tell(path, { timeZone });
      print([`Contacts of ${name} read times of ${timeZone}.`]);
    });

  account
    .command('list')
    .description('list all accounts')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }, command: Command) => {
      const accounts: Account[] = [];
      for await (const page of clientOf(command).pages('/accounts', 'AccountsAnswer')) {
        accounts.push(...page.accounts);
      }
      if (json) return printJson({ accounts });
      if (accounts.length === 0)
        return print(['No account was added yet. Add one with: cctv account add NAME']);
      const nowMs = Date.now();
      print(
        table(
          [
            { head: 'ACCOUNT', stays: true, cell: ({ name }) => name },
            { head: 'CAMERAS', align: 'right', cell: ({ cameras }) => String(cameras) },
            { head: 'ADDED', cell: ({ createdMs }) => formatTime(createdMs, nowMs) },
            { head: 'WAS CALLED', cell: ({ formerNames }) => formerNames.join(', ') || '-' },
          ],
          accounts,
        ),
      );
    });
}
