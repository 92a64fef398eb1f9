import type { Command } from 'commander';
import { clientOf, type GlobalOptions } from '../context.ts';

export function addDoctorCommands(program: Command): void {
  program
    .command('doctor')
    .description(
      'look at all that may be wrong, and say what to do; best with sudo. Ends with 1 if there is a problem. Works without the daemon too',
    )
    .option('--json', 'print JSON')
    .action(async ({ json = false }: { json?: boolean }, command: Command) => {
      // Half of the daemon comes with it, which no other command should wait for.
      const { runDoctor } = await import('../examination.ts');
      const { config: file } = command.optsWithGlobals<GlobalOptions>();
      await runDoctor({ clientOf: () => clientOf(command), file, json });
    });

  program
    .command('support-bundle')
    .description(
      'write what a support person asks for into a file: findings, status, log, configuration; without secrets and footage',
    )
    .argument('<file>', 'the file to make, such as cctv.tar.gz')
    .action(async (out: string, _options: unknown, command: Command) => {
      const { runSupportBundle } = await import('../examination.ts');
      const { config: file } = command.optsWithGlobals<GlobalOptions>();
      await runSupportBundle({ clientOf: () => clientOf(command), file, out });
    });
}
