import { Command } from 'commander';
import { readVersion } from '../lib/version.ts';
import { addLazyCommands, type LazyCommand } from './lazy-commands.ts';
import { runProgram } from './run-program.ts';

const commands: readonly LazyCommand[] = [
  {
    name: 'cameras',
    summary: 'the cameras that are connected, and what they are doing',
    load: async () => (await import('./commands/cameras.ts')).addCamerasCommand,
  },
  {
    name: 'viewer',
    summary: 'viewers: who may watch the cameras of an account',
    load: async () => (await import('./commands/viewer.ts')).addViewerCommands,
  },
  {
    name: 'viewers',
    summary: 'who watches which camera, since when, from where, and how much',
    load: async () => (await import('./commands/watchers.ts')).addWatchersCommand,
  },
  {
    name: 'status',
    summary: 'how the daemon is doing',
    load: async () => (await import('./commands/status.ts')).addStatusCommand,
  },
  {
    name: 'doctor',
    summary: 'look at all that may be wrong, and say what to do',
    load: async () => (await import('./commands/doctor.ts')).addDoctorCommand,
  },
  {
    name: 'support-bundle',
    summary: 'write what a support person asks for into a file',
    load: async () => (await import('./commands/doctor.ts')).addSupportBundleCommand,
  },
  {
    name: 'verify',
    summary: 'hold the bucket against the ledger: is all footage there, and unchanged?',
    load: async () => (await import('./commands/verify.ts')).addVerifyCommand,
  },
  {
    name: 'ledger',
    summary: 'the record of cameras and of where footage is',
    load: async () => (await import('./commands/ledger.ts')).addLedgerCommands,
  },
  {
    name: 'segments',
    summary: 'the footage of a camera, piece by piece',
    load: async () => (await import('./commands/segments.ts')).addSegmentsCommand,
  },
  {
    name: 'continuity',
    summary: 'what became of each second of a camera: stored, spooled, or missing and why',
    load: async () => (await import('./commands/continuity.ts')).addContinuityCommand,
  },
  {
    name: 'export',
    summary: 'write the footage of a stretch of time to one MP4 file',
    load: async () => (await import('./commands/export.ts')).addExportCommand,
  },
  {
    name: 'camera',
    summary: 'cameras: add, list, show, change, remove',
    load: async () => (await import('./commands/camera.ts')).addCameraCommands,
  },
  {
    name: 'account',
    summary: 'accounts: the owners of cameras',
    load: async () => (await import('./commands/account.ts')).addAccountCommands,
  },
  {
    name: 'contact',
    summary: 'contacts: who is told when a camera of an account stops recording',
    load: async () => (await import('./commands/contact.ts')).addContactCommands,
  },
  {
    name: 'operator',
    summary: 'operators: who may see how all cameras are, in a browser',
    load: async () => (await import('./commands/operator.ts')).addOperatorCommands,
  },
  {
    name: 'alerts',
    summary: 'what contacts were told, and whether it arrived',
    load: async () => (await import('./commands/alerts.ts')).addAlertListCommand,
  },
  {
    name: 'alert',
    summary: 'alerts: try whether they arrive',
    load: async () => (await import('./commands/alerts.ts')).addAlertCommands,
  },
  {
    name: 'enrol',
    summary: 'let cameras enrol themselves, each with a key of its own that nobody knows yet',
    load: async () => (await import('./commands/enrol.ts')).addEnrolCommands,
  },
];

/**
 * `cctv`, as commander describes it.
 *
 * @param words of the command line, for which it is enough; without them it is whole
 */
export async function describeProgram(words?: readonly string[]): Promise<Command> {
  const program = new Command('cctv')
    .description(
      'See and manage the cameras of Sapiengraph CCTV. Times are UTC, in what is printed and in what is read.',
    )
    .version(readVersion())
    .option('--socket <path>', "the daemon's control socket (also: CCTV_SOCKET)")
    .option('--config <file>', "the daemon's configuration, to find its control socket in");
  await addLazyCommands(program, commands, words);
  return program;
}

/** Runs a command line and returns its exit code. */
export const runCctv = async (argv: readonly string[]): Promise<number> =>
  await runProgram(await describeProgram(argv.slice(2)), argv);
