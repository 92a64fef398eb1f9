import type { Command } from 'commander';
import type { LazyCommand } from './lazy-commands.ts';

/**
 * A command by the word that it had before: it does the same, and says on standard error what it is
 * called now.
 *
 * @param load what gives the command its options and action under either word
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
