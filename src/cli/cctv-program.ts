import { Command } from 'commander';
import { readVersion } from '../lib/version.ts';
import { formerWord } from './former-words.ts';
import { shapeHelp } from './help.ts';
import { addLazyCommands, type CommandGroups } from './lazy-commands.ts';
import { runProgram } from './run-program.ts';
import { useTimeZone } from './times.ts';

const commands: CommandGroups = {
  'Cameras and footage:': [
    {
      name: 'camera',
      summary: 'cameras: what they do now, add, list, show, change, remove',
      load: async () => (await import('./commands/camera.ts')).addCameraCommands,
    },
    {
      name: 'enrol',
      summary: 'cameras that register themselves: tokens, and cards for many',
      load: async () => (await import('./commands/enrol.ts')).addEnrolCommands,
    },
    {
      name: 'segments',
      summary: 'the footage of a camera, piece by piece',
      load: async () => (await import('./commands/segments.ts')).addSegmentsCommand,
    },
    {
      name: 'continuity',
      summary: 'each second of a camera: stored, spooled, or missing and why',
      load: async () => (await import('./commands/continuity.ts')).addContinuityCommand,
    },
    {
      name: 'export',
      summary: 'write footage to one MP4 file',
      load: async () => (await import('./commands/export.ts')).addExportCommand,
    },
  ],
  'People:': [
    {
      name: 'account',
      summary: 'accounts: the owners of cameras',
      load: async () => (await import('./commands/account.ts')).addAccountCommands,
    },
    {
      name: 'viewer',
      summary: 'viewers: who may watch, and who watches now',
      load: async () => (await import('./commands/viewer.ts')).addViewerCommands,
    },
    {
      name: 'contact',
      summary: 'contacts: who is told when a camera stops recording',
      load: async () => (await import('./commands/contact.ts')).addContactCommands,
    },
    {
      name: 'alert',
      summary: 'alerts: what contacts were told, and a test',
      load: async () => (await import('./commands/alerts.ts')).addAlertCommands,
    },
    {
      name: 'operator',
      summary: 'operators: who may see all cameras in a browser',
      load: async () => (await import('./commands/operator.ts')).addOperatorCommands,
    },
  ],
  'The server:': [
    {
      name: 'status',
      summary: 'how the daemon is doing',
      load: async () => (await import('./commands/status.ts')).addStatusCommand,
    },
    {
      name: 'reload',
      summary: 'make the daemon read its configuration again, as far as that costs no footage',
      load: async () => (await import('./commands/reload.ts')).addReloadCommand,
    },
    {
      name: 'doctor',
      summary: 'look at all that may be wrong, and say what to do',
      load: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
    },
    {
      name: 'verify',
      summary: 'is all footage in the bucket, and unchanged?',
      load: async () => (await import('./commands/verify.ts')).addVerifyCommand,
    },
    {
      name: 'ledger',
      summary: 'the record of where footage is: make it anew',
      load: async () => (await import('./commands/ledger.ts')).addLedgerCommands,
    },
    {
      name: 'support-bundle',
      summary: 'write what a support person asks for into a file',
      load: async () => (await import('./commands/doctor.ts')).addSupportBundleCommand,
    },
  ],
  'Former words:': [
    formerWord(
      'cameras',
      'cctv camera status',
      async () => (await import('./commands/cameras.ts')).addCameraStatus,
    ),
    formerWord(
      'viewers',
      'cctv viewer watching',
      async () => (await import('./commands/watchers.ts')).addViewerWatching,
    ),
    formerWord(
      'alerts',
      'cctv alert list',
      async () => (await import('./commands/alerts.ts')).addAlertList,
    ),
  ],
};

/**
 * The commander program of `cctv`.
 *
 * @param words the command line: only its commands are loaded; without `words`, all are
 */
export async function describeProgram(words?: readonly string[]): Promise<Command> {
  const program = new Command('cctv')
    .description('See and manage the cameras of Sapiengraph CCTV.')
    .version(readVersion())
    .option('--socket <path>', "the daemon's control socket (also: CCTV_SOCKET)")
    .option('--config <file>', "the daemon's configuration, to find its control socket in")
    .option(
      '--time-zone <name>',
      'of the times that are read and printed, such as Asia/Singapore (default: TZ if it names one, else UTC)',
    )
    .hook('preAction', (_program, command) => {
      useTimeZone(command.optsWithGlobals<{ timeZone?: string }>().timeZone, process.env['TZ']);
    });
  shapeHelp(program);
  await addLazyCommands(program, commands, words);
  return program;
}

/** Runs a command line and returns its exit code. */
export const runCctv = async (argv: readonly string[]): Promise<number> =>
  await runProgram(await describeProgram(argv.slice(2)), argv);
