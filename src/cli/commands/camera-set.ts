import { type Command, Option } from 'commander';
import { formatCameraName } from '../../model/camera-name.ts';
import { clientOf, pathOf, print, readCameraName } from '../context.ts';
import { UsageError } from '../errors.ts';
import { readPasswordFile } from '../files.ts';
import { changeLines } from '../screens/change-lines.ts';

interface CameraSetOptions {
  readonly rtspPath?: string;
  /** false: `--no-rtsp-user` was given. */
  readonly rtspUser?: string | false;
  readonly rtspPasswordFile?: string;
  /** false: `--no-rtsp-password` was given. */
  readonly rtspPassword?: false;
  readonly profile?: string;
}

const word = 'default';
const orDefault = (value: string): string | null => (value === word ? null : value);

/** The changes to request from the daemon: null resets a setting. */
async function changesOf(options: CameraSetOptions): Promise<Record<string, string | null>> {
  const { rtspPath, rtspUser, rtspPasswordFile, rtspPassword, profile } = options;
  if (rtspPasswordFile !== undefined && (rtspUser === false || rtspPassword === false)) {
    throw new UsageError(
      'An RTSP password is given and taken back at once: say either --rtsp-password-file, or --no-rtsp-user or --no-rtsp-password.',
    );
  }
  const changes: Record<string, string | null> = {};
  if (rtspPath !== undefined) changes['rtspPath'] = orDefault(rtspPath);
  if (rtspUser !== undefined) changes['rtspUser'] = rtspUser === false ? null : rtspUser;
  if (rtspPassword === false) changes['rtspPassword'] = null;
  if (profile !== undefined) changes['profile'] = orDefault(profile);
  if (rtspPasswordFile !== undefined) {
    changes['rtspPassword'] = await readPasswordFile(rtspPasswordFile);
  }
  if (Object.keys(changes).length > 0) return changes;
  throw new UsageError(
    'Say what is to change: --rtsp-path, --rtsp-user, --no-rtsp-user, --rtsp-password-file, --no-rtsp-password or --profile.',
  );
}

export function addCameraSetCommand(camera: Command): void {
  camera
    .command('set <account/name>')
    .description('change how a camera is reached and recorded, at once; its tunnel stays open')
    .option('--rtsp-path <path>', `path of the stream at its RTSP server; ${word}: /unicast`)
    .option('--rtsp-user <name>', 'user of its RTSP server; the password stays, unless given too')
    .option('--no-rtsp-user', 'its RTSP server asks for no user; the password goes too')
    .option('--rtsp-password-file <file>', "file with that user's password; - for standard input")
    .option('--no-rtsp-password', 'that user has no password')
    .addOption(
      new Option(
        '--profile <name>',
        `how it is recorded; ${word}: as the configuration says`,
      ).choices(['downsample', 'copy', word]),
    )
    .action(async (text: string, options: CameraSetOptions, command: Command) => {
      const name = readCameraName(text);
      const shown = formatCameraName(name);
      const path = `/cameras/${pathOf(name)}/settings`;
      const changes = await changesOf(options);
      const answer = await clientOf(command).post(path, 'SettingsAnswer', changes);
      if (answer.changes.length === 0) {
        return print([`Nothing changes: camera ${shown} has these settings already.`]);
      }
      print([
        `Camera ${shown} is changed:`,
        ...changeLines(answer.changes),
        answer.connected
          ? 'Its recording begins anew with that; its tunnel stays open.'
          : 'It is not connected. That holds from its next dial-in on.',
      ]);
    });
}
