import { type Command, Help } from 'commander';

const plainHelp = new Help();

/** Shortens the help of a program and its commands. */
export function shapeHelp(program: Command): void {
  program.configureHelp({
    // The command `help` works, but would only repeat what each list says about --help.
    visibleCommands: (command) =>
      plainHelp.visibleCommands(command).filter((one) => one.name() !== 'help'),
    // The program's list shows names of commands without arguments.
    subcommandTerm: (command) =>
      command.parent === program
        ? command.name()
        : plainHelp.subcommandTerm(command).replace(' [options]', ''),
  });
  program.addHelpText(
    'after',
    `
${program.name()} COMMAND --help says more of a command.
${exitStatus}`,
  );
}

/** Shown in the help and in the manual page. */
export const exitStatus =
  'Exit status: 0 when it is done, 1 when it failed, 2 when it was called wrongly.';
