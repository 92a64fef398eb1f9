import type { Command } from 'commander';
import { type GlobalOptions, socketOf } from '../context.ts';

export function addDoctorCommand(command: Command): void {
  command
    .description(
      'look at all that may be wrong, and say what to do; best with sudo. Ends with 1 if there is a problem. Works without the daemon too',
    )
    .option('--json', 'print JSON')
    .action(async ({ json = false }: { json?: boolean }) => {
      // Loaded late: the module imports half of the daemon.
      const { runDoctor } = await import('../examination.ts');
      const { config: file } = command.optsWithGlobals<GlobalOptions>();
      await runDoctor({ socket: () => socketOf(command), file, json });
    });
}

export function addSupportBundleCommand(command: Command): void {
  command
    .description(
      'write what a support person asks for into a file: findings, status, log, configuration; without secrets and footage',
    )
    .argument('<file>', 'the file to make, such as cctv.tar.gz')
    .action(async (out: string) => {
      const { runSupportBundle } = await import('../examination.ts');
      const { config: file } = command.optsWithGlobals<GlobalOptions>();
      await runSupportBundle({ socket: () => socketOf(command), file, out });
    });
}
