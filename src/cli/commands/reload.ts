import type { Command } from 'commander';
import type { ReloadAnswer } from '../../contract/status.ts';
import { clientOf, print, printJson } from '../context.ts';
import { exitCodes } from '../errors.ts';

export function addReloadCommand(command: Command): void {
  command
    .description(
      'make the daemon read its configuration again: what can change without a gap in footage does (alerts, log.level, metrics, processors, limits and certificate of the gateway), the rest is named',
    )
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }) => {
      const answer = await clientOf(command).post('/reload', 'ReloadAnswer', {});
      if (json) printJson(answer);
      else print(reloadScreen(answer));
      const isWhole = answer.failed.length === 0 && answer.needsRestart.length === 0;
      process.exitCode = isWhole ? exitCodes.done : exitCodes.failed;
    });
}

function reloadScreen({ taken, needsRestart, failed }: ReloadAnswer): string[] {
  const lines = [
    ...taken.map((option) => `In force now: ${option}`),
    ...failed.map(({ option, cause }) => `Can't be used, as it was before: ${option}: ${cause}`),
    ...needsRestart.map((option) => `Not in force until the daemon is restarted: ${option}`),
  ];
  return lines.length === 0 ? ['Nothing has changed.'] : lines;
}
