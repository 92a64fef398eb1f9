import type { Command } from 'commander';
import type { LazyCommand } from './lazy-commands.ts';

/**
 * A command under its former name: works like the current command, and prints its current name on
 * standard error.
 *
 * @param load gives the command its options and action
 */
export const formerWord = (name: string, now: string, load: LazyCommand['load']): LazyCommand => ({
  name,
  summary: `is now: ${now}`,
  isHidden: true,
  load: async () => {
    const complete = await load();
    return (command: Command) => {
      complete(command);
      command.hook('preAction', () => {
        process.stderr.write(`cctv ${name} still works, and is now called: ${now}\n`);
      });
    };
  },
});
