import type { Command } from 'commander';
import { allCameras } from '../all-cameras.ts';
import { clientOf } from '../context.ts';
import { camerasJson, camerasScreen } from '../screens/cameras-screen.ts';
import { show } from '../watch.ts';

/** `cctv camera status` */
export function addCameraStatus(command: Command): void {
  command
    .description('the cameras that are connected, and what they are doing')
    .option('--watch', 'show it anew each second, until Ctrl-C')
    .option('--json', 'print JSON; with --watch, a line of it each second')
    .action(async (options: { watch?: true; json?: true }) => {
      const client = clientOf(command);
      await show(options, () => allCameras(client), camerasScreen, camerasJson);
    });
}
