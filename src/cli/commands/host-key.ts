import type { Command } from 'commander';
import { loadConfig } from '../../config/load.ts';
import { makeNextHostKeys, promoteHostKeys } from '../../daemon.ts';
import { print } from '../context.ts';

/** The commands of cctvd that replace the key by which cameras know the server. */
export function addHostKeyCommands(program: Command): void {
  const hostKey = program
    .command('host-key')
    .description('replace the key by which cameras know this server');

  const filesOf = (command: Command) =>
    loadConfig(command.optsWithGlobals<{ config: string }>().config, process.env).tunnel;

  hostKey
    .command('next')
    .description('make the next host key, if there is none, and show it')
    .action(async (_options: unknown, command: Command) => {
      const keys = await makeNextHostKeys(filesOf(command));
      print([
        ...keys.map(({ fingerprint, line }) => `${fingerprint}\n${line}`),
        'Cards that are written from now on know it. Give it to all others before you promote it.',
      ]);
    });

  hostKey
    .command('promote')
    .description('put the next host key in the place of the present one')
    .action(async (_options: unknown, command: Command) => {
      const promoted = await promoteHostKeys(filesOf(command), Date.now());
      print([
        ...promoted.map(
          ({ key, keptAs }) =>
            `${key.fingerprint} is the host key now.${keptAs === undefined ? '' : ` The one before is kept as ${keptAs}.`}`,
        ),
        'Restart the daemon for it to be shown to cameras: systemctl restart sapiengraph-cctv',
      ]);
    });
}
