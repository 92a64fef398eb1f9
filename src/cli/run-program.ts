import { type Command, CommanderError } from 'commander';
import { errorCode, OperatorError } from '../lib/errors.ts';
import { exitCodes, UsageError } from './errors.ts';
import { harmless } from './plain.ts';

/** Runs a command line and returns the exit code: 0, 1 for a failure, 2 for an invalid command line. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<number> {
  // `cctv … | head` closes our output early, which is no failure.
  process.stdout.on('error', (error) => {
    if (errorCode(error) !== 'EPIPE') throw error;
  });
  for (const command of [program, ...descendants(program)]) {
    command.exitOverride().showHelpAfterError('(--help tells more)');
  }
  try {
    await program.parseAsync(argv);
    // A command that ran without error sets process.exitCode if it found problems.
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    // Commander has already printed its own errors.
    if (error instanceof CommanderError) {
      const isHelp = error.exitCode === 0;
      return isHelp ? exitCodes.done : exitCodes.usage;
    }
    if (error instanceof OperatorError) {
      const lines = error.message.split('\n').map(harmless);
      process.stderr.write(`${program.name()}: ${lines.join('\n')}\n`);
      return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
    }
    process.stderr.write(
      `${program.name()}: ${error instanceof Error ? error.stack : String(error)}\n`,
    );
    return exitCodes.failed;
  }
}

const descendants = (command: Command): Command[] =>
  command.commands.flatMap((child) => [child, ...descendants(child)]);
