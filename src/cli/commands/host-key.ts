import type { Command } from 'commander';

const configOf = (command: Command): string => command.optsWithGlobals<{ config: string }>().config;

/** The commands of cctvd that replace the key by which cameras recognise the server. */
export function addHostKeyCommands(hostKey: Command): void {
  hostKey
    .command('next')
    .description('make the next host key, if there is none, and show it')
    .action(async (_options: unknown, command: Command) => {
      const { makeNext } = await import('../host-keys.ts');
      await makeNext(configOf(command));
    });

  hostKey
    .command('promote')
    .description('put the next host key in the place of the present one')
    .action(async (_options: unknown, command: Command) => {
      const { promote } = await import('../host-keys.ts');
      await promote(configOf(command));
    });
}
