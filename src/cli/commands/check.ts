import type { Command } from 'commander';
import { print } from '../context.ts';

export function addCheckCommand(command: Command): void {
  command.action(async () => {
    const { loadChecked } = await import('../checked-config.ts');
    const { checkScreen } = await import('../screens/check-screen.ts');
    print(checkScreen(loadChecked(command.optsWithGlobals<{ config: string }>().config)));
  });
}
