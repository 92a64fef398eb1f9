import type { Command } from 'commander';
import { clientOf, print, printJson } from '../context.ts';
import { watchersScreen } from '../screens/watchers-screen.ts';
import { harmlessJson } from '../plain.ts';
import { formatSecond } from '../units.ts';
import { watch } from '../watch.ts';

/** `cctv viewer watching` */
export function addViewerWatching(command: Command): void {
  command
    .description('who watches which camera, since when, from where, and how much')
    .option('--watch', 'show it anew each second, until Ctrl-C')
    .option('--json', 'print JSON; with --watch, a line of it each second')
    .action(async (options: { watch?: true; json?: true }) => {
      const client = clientOf(command);
      const ask = () => client.get('/watchers', 'WatchersAnswer');
      if (options.watch) {
        await watch(process.stdout, async () => {
          const answer = await ask();
          if (options.json) return [harmlessJson(JSON.stringify(answer))];
          const nowMs = Date.now();
          return [formatSecond(nowMs), '', ...watchersScreen(answer, nowMs)];
        });
      } else if (options.json) {
        printJson(await ask());
      } else {
        print(watchersScreen(await ask(), Date.now()));
      }
    });
}
