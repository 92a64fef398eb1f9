import { type Command, Option } from 'commander';
import { readPasswordFile } from '../files.ts';

/** The command line's options for a camera's stream. */
export interface StreamFlags {
  readonly rtspPath?: string;
  readonly rtspUser?: string;
  readonly rtspPasswordFile?: string;
  readonly profile?: string;
}

export const addStreamOptions = (command: Command): Command =>
  command
    .option('--rtsp-path <path>', 'path of the stream at the RTSP server (default: /unicast)')
    .option('--rtsp-user <name>', 'user of the RTSP server')
    .option('--rtsp-password-file <file>', "file with that user's password; - for standard input")
    .addOption(
      new Option(
        '--profile <name>',
        'how the stream is recorded, if not as the configuration says',
      ).choices(['downsample', 'copy']),
    );

/** The options as the daemon takes them, with the password read from its file. */
export const streamOf = async ({ rtspPath, rtspUser, rtspPasswordFile, profile }: StreamFlags) => ({
  rtspPath,
  rtspUser,
  rtspPassword:
    rtspPasswordFile === undefined ? undefined : await readPasswordFile(rtspPasswordFile),
  profile,
});
