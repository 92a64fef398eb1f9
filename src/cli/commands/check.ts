import type { Command } from 'commander';

export function addCheckCommand(command: Command): void {
  command.action(async () => {
    const { runCheck } = await import('../check.ts');
    runCheck(command.optsWithGlobals<{ config: string }>().config, process.env);
  });
}
