import type { Command } from 'commander';
import type { OperatorAnswer } from '../../contract/viewers.ts';
import { confirm } from '../confirm.ts';
import { clientOf, print, printJson } from '../context.ts';
import { table } from '../table.ts';
import { formatTime } from '../units.ts';
import { ownPassword, passwordOption, type PasswordOptions } from './password-option.ts';

const loginLines = ({ operator, password }: OperatorAnswer): string[] => [
  `User      ${operator.name}`,
  `Password  ${password ?? '(your own)'}`,
  '',
  'Log in at the page of console.web, with no account.',
  ...(password === undefined
    ? []
    : [`The password is not shown again. For a new one: cctv operator password ${operator.name}`]),
];

export function addOperatorCommands(operator: Command): void {
  operator
    .command('add <name>')
    .description('let somebody see how all cameras are')
    .option(...passwordOption)
    .action(async (name: string, options: PasswordOptions, command: Command) => {
      const given = { name, ...(await ownPassword(options)) };
      const answer = await clientOf(command).post('/operators', 'OperatorAnswer', given);
      print([`Operator ${name} is added.`, '', ...loginLines(answer)]);
    });

  operator
    .command('list')
    .description('list the operators')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }, command: Command) => {
      const answer = await clientOf(command).get('/operators', 'OperatorsAnswer');
      if (json) return printJson(answer);
      if (answer.operators.length === 0) {
        return print(['There are no operators. Add one with: cctv operator add NAME']);
      }
      const nowMs = Date.now();
      print(
        table(
          [
            { head: 'OPERATOR', stays: true, cell: ({ name }) => name },
            { head: 'ADDED', cell: ({ createdMs }) => formatTime(createdMs, nowMs) },
            { head: 'PASSWORD SET', cell: ({ passwordSetMs }) => formatTime(passwordSetMs, nowMs) },
          ],
          answer.operators,
        ),
      );
    });

  operator
    .command('password <name>')
    .description('a new password; whoever is logged in with the old one is logged out')
    .option(...passwordOption)
    .action(async (name: string, options: PasswordOptions, command: Command) => {
      const path = `/operators/${encodeURIComponent(name)}/password`;
      const answer = await clientOf(command).post(
        path,
        'OperatorAnswer',
        await ownPassword(options),
      );
      print([`Operator ${name} has a new password.`, '', ...loginLines(answer)]);
    });

  operator
    .command('remove <name>')
    .description('let somebody in no longer')
    .option('--yes', 'do not ask')
    .action(async (name: string, { yes }: { yes?: true }, command: Command) => {
      const question = `Remove the operator ${name}?`;
      if (yes !== true && !(await confirm(question))) return print(['Nothing was changed.']);
      await clientOf(command).delete(`/operators/${encodeURIComponent(name)}`);
      print([`Operator ${name} is removed.`]);
    });
}
