import { Command } from 'commander';
import { readVersion } from '../lib/version.ts';
import { addAccountCommands } from './commands/account.ts';
import { addAlertCommands } from './commands/alerts.ts';
import { addCameraCommands } from './commands/camera.ts';
import { addContactCommands } from './commands/contact.ts';
import { addContinuityCommand } from './commands/continuity.ts';
import { addDoctorCommands } from './commands/doctor.ts';
import { addEnrolCardCommand } from './commands/card.ts';
import { addCamerasCommand } from './commands/cameras.ts';
import { addEnrolCommands } from './commands/enrol.ts';
import { addExportCommand } from './commands/export.ts';
import { addLedgerCommands } from './commands/ledger.ts';
import { addOperatorCommands } from './commands/operator.ts';
import { addReloadCommand } from './commands/reload.ts';
import { addSegmentsCommand } from './commands/segments.ts';
import { addStatusCommand } from './commands/status.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { addViewerCommands } from './commands/viewer.ts';
import { addWatchersCommand } from './commands/watchers.ts';
import { runProgram } from './run-program.ts';

const program = new Command('cctv')
  .description(
    'See and manage the cameras of Sapiengraph CCTV. Times are UTC, in what is printed and in what is read.',
  )
  .version(readVersion())
  .option('--socket <path>', "the daemon's control socket (also: CCTV_SOCKET)")
  .option('--config <file>', "the daemon's configuration, to find its control socket in");

addCamerasCommand(program);
addViewerCommands(program);
addWatchersCommand(program);
addStatusCommand(program);
addReloadCommand(program);
addDoctorCommands(program);
addVerifyCommand(program);
addLedgerCommands(program);
addSegmentsCommand(program);
addContinuityCommand(program);
addExportCommand(program);
addCameraCommands(program);
addAccountCommands(program);
addContactCommands(program);
addOperatorCommands(program);
addAlertCommands(program);
addEnrolCommands(program);
addEnrolCardCommand(program);

process.exitCode = await runProgram(program, process.argv);
