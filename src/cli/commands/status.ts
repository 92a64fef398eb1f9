import type { Command } from 'commander';
import { clientOf, print, printJson } from '../context.ts';
import { statusScreen } from '../screens/status-screen.ts';

export function addStatusCommand(command: Command): void {
  command
    .description('how the daemon is doing')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }) => {
      const status = await clientOf(command).get('/status', 'StatusAnswer');
      if (json) printJson(status);
      else print(statusScreen(status, Date.now()));
    });
}
