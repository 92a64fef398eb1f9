import type { Command } from 'commander';
import { clientOf } from '../context.ts';
import { watchersScreen } from '../screens/watchers-screen.ts';
import { show } from '../watch.ts';

/** `cctv viewer watching` */
export function addViewerWatching(command: Command): void {
  command
    .description('who watches which camera, since when, from where, and how much')
    .option('--watch', 'show it anew each second, until Ctrl-C')
    .option('--json', 'print JSON; with --watch, a line of it each second')
    .action(async (options: { watch?: true; json?: true }) => {
      const client = clientOf(command);
      await show(options, () => client.get('/watchers', 'WatchersAnswer'), watchersScreen);
    });
}
