import { type Command, Option } from 'commander';
import { defaultRegion } from '../../config/places.ts';
import type { SetupOptions } from '../setup.ts';

export function addSetupCommand(command: Command): void {
  command
    .description(
      'ask for the bucket, try it, and write the configuration. Without a terminal, --bucket, --access-key-id and --secret-access-key-file must be given.',
    )
    .option('--bucket <name>', 'the bucket that footage goes to; it must exist')
    .option('--endpoint <url>', "of an S3-compatible store; Amazon's own unless given")
    .option('--region <name>', `the bucket's region (default: ${defaultRegion})`)
    .option('--prefix <text>', 'put before the key of each object, as shop-3/')
    .option('--access-key-id <id>', "of the bucket's key")
    .option(
      '--secret-access-key-file <file>',
      'a file with its secret part, or - for standard input',
    )
    .option('--yes', 'do not ask before the bucket of a configuration is replaced')
    .addOption(new Option('--no-test', 'write the configuration without trying the bucket'))
    .action(async () => {
      const { runSetup } = await import('../setup.ts');
      await runSetup(command.optsWithGlobals<SetupOptions>());
    });
}
