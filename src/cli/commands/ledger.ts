import type { Command } from 'commander';
import { defaultConfigFile } from '../../config/places.ts';
import { clientOf, type GlobalOptions } from '../context.ts';
import type { RebuildFlags } from '../rebuild.ts';

export function addLedgerCommands(ledger: Command): void {
  ledger
    .command('backup')
    .description(
      'write a copy of the ledger to a file, while the daemon runs or not; for its restoration, see systemd/README.md',
    )
    .argument('<file>', 'the file to make, such as ledger-2026-11-23.sqlite')
    .action(async (out: string, _options: unknown, command: Command) => {
      const [{ runBackup }, { loadWithSecrets }] = await Promise.all([
        import('../ledger-backup.ts'),
        import('../rebuild.ts'),
      ]);
      const { config: file = defaultConfigFile } = command.optsWithGlobals<GlobalOptions>();
      await runBackup({ client: clientOf(command), config: () => loadWithSecrets(file), out });
    });
  ledger
    .command('rebuild')
    .description(
      'make the ledger anew from the bucket alone, beside the present one, and say what differs; reads the configuration as the daemon does (--config)',
    )
    .option(
      '--replace',
      'put it in the place of the present one, which is kept; needs the daemon stopped',
    )
    .option('--json', 'print JSON')
    .action(async (_options: unknown, command: Command) => {
      // Loaded late: the module imports half of the daemon, which would slow other commands down.
      const { runRebuild } = await import('../rebuild.ts');
      await runRebuild(command.optsWithGlobals<RebuildFlags>(), clientOf(command));
    });
}
