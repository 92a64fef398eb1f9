import type { Command } from 'commander';
import { formatCameraName } from '../../model/camera-name.ts';
import { clientOf, pathOf, print, readCameraName } from '../context.ts';
import { UsageError } from '../errors.ts';
import { parseDuration } from '../times.ts';
import { formatDuration } from '../../lib/words.ts';
import { formatTime } from '../units.ts';

/** The commands that set when contacts are alerted about a camera. */
export function addCameraAlertingCommands(camera: Command): void {
  camera
    .command('silence <account/name> [for]')
    .description('tell nobody of a camera for a while (2h, 3d); without a time, show if it is so')
    .option('--off', 'end the silence')
    .action(
      async (text: string, time: string | undefined, { off }: { off?: true }, command: Command) => {
        if (off && time !== undefined) throw new UsageError('Say either a time or --off.');
        const name = readCameraName(text);
        const path = `/cameras/${pathOf(name)}`;
        const client = clientOf(command);
        const { silentUntilMs = 0 } =
          off || time !== undefined
            ? await client.post(`${path}/silence`, 'AlertingAnswer', {
                forMs: time === undefined ? null : parseDuration(time),
              })
            : await client.get(`${path}/alerting`, 'AlertingAnswer');
        const nowMs = Date.now();
        print([
          silentUntilMs > nowMs
            ? `Nobody is told of ${formatCameraName(name)} until ${formatTime(silentUntilMs, nowMs)}. What has stopped by then, and still has, is told then.`
            : `${formatCameraName(name)} is not silenced.`,
        ]);
      },
    );

  camera
    .command('alert-after <account/name> <time>')
    .description('without footage for so long (90s, 5m) contacts are told; never; or default')
    .action(async (text: string, time: string, _options: unknown, command: Command) => {
      const name = readCameraName(text);
      const seconds =
        time === 'default' ? null : time === 'never' ? 0 : parseDuration(time) / 1_000;
      const path = `/cameras/${pathOf(name)}/alert-after`;
      const { alertAfterSeconds } = await clientOf(command).post(path, 'AlertingAnswer', {
        seconds,
      });
      const when =
        alertAfterSeconds === undefined
          ? 'after the time that is the default'
          : alertAfterSeconds === 0
            ? 'never'
            : `after ${formatDuration(alertAfterSeconds * 1_000)}`;
      print([`Contacts are told that ${formatCameraName(name)} has no footage ${when}.`]);
    });
}
