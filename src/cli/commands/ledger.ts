import type { Command } from 'commander';
import type { RebuildFlags } from '../rebuild.ts';

export function addLedgerCommands(ledger: Command): void {
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
      await runRebuild(command.optsWithGlobals<RebuildFlags>());
    });
}
