import { Command } from 'commander';
import { defaultConfigFile } from '../config/places.ts';
import { readVersion } from '../lib/version.ts';
import { shapeHelp } from './help.ts';
import { addLazyCommands, type CommandGroups } from './lazy-commands.ts';
import { runProgram } from './run-program.ts';
import { onStopSignals } from './signals.ts';

const commands: CommandGroups = {
  'Commands:': [
    {
      name: 'check',
      summary: 'check the configuration without starting anything',
      load: async () => (await import('./commands/check.ts')).addCheckCommand,
    },
    {
      name: 'host-key',
      summary: 'replace the key by which cameras know this server',
      load: async () => (await import('./commands/host-key.ts')).addHostKeyCommands,
    },
    {
      name: 'setup',
      summary: 'ask for the bucket, try it, and write the configuration',
      load: async () => (await import('./commands/setup.ts')).addSetupCommand,
    },
  ],
};

/**
 * The commander program of `cctvd`.
 *
 * @param words the command line: only its commands are loaded; without `words`, all are
 */
export async function describeProgram(words?: readonly string[]): Promise<Command> {
  const program = new Command('cctvd')
    .description(
      'The daemon of Sapiengraph CCTV: cameras dial in, are recorded, and their footage is kept in a bucket.',
    )
    .version(readVersion())
    .option('--config <file>', 'the configuration', defaultConfigFile)
    .action(async ({ config: file }: { readonly config: string }) => {
      const { runService } = await import('../daemon/service.ts');
      using stop = onStopSignals();
      await runService(file, stop.signal);
    });
  shapeHelp(program);
  await addLazyCommands(program, commands, words);
  return program;
}

/** Runs a command line and returns its exit code. */
export const runCctvd = async (argv: readonly string[]): Promise<number> =>
  await runProgram(await describeProgram(argv.slice(2)), argv);
