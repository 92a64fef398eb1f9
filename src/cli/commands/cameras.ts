import type { Command } from 'commander';
import { allCameras } from '../all-cameras.ts';
import { clientOf, print, printJson } from '../context.ts';
import { camerasJson, camerasScreen } from '../screens/cameras-screen.ts';
import { harmlessJson } from '../plain.ts';
import { formatSecond } from '../units.ts';
import { watch } from '../watch.ts';

/** `cctv camera status` */
export function addCameraStatus(command: Command): void {
  command
    .description('the cameras that are connected, and what they are doing')
    .option('--watch', 'show it anew each second, until Ctrl-C')
    .option('--json', 'print JSON; with --watch, a line of it each second')
    .action(async (options: { watch?: true; json?: true }) => {
      const client = clientOf(command);
      if (options.watch) {
        await watch(process.stdout, async () => {
          const cameras = await allCameras(client);
          if (options.json) return [harmlessJson(JSON.stringify(camerasJson(cameras)))];
          const nowMs = Date.now();
          return [formatSecond(nowMs), '', ...camerasScreen(cameras, nowMs)];
        });
      } else if (options.json) {
        printJson(camerasJson(await allCameras(client)));
      } else {
        print(camerasScreen(await allCameras(client), Date.now()));
      }
    });
}
