import { type Command, Help } from 'commander';

const plainHelp = new Help();

/** How a program and all its commands show what they can do: short, each command by what it is called with. */
export function shapeHelp(program: Command): void {
  program.configureHelp({
    // It works, and what it is called with is what every list would say once more.
    visibleCommands: (command) =>
      plainHelp.visibleCommands(command).filter((one) => one.name() !== 'help'),
    // In the list of the program a command stands with its name alone.
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

/** In the help and in the manual page. */
export const exitStatus =
  'Exit status: 0 when it is done, 1 when it failed, 2 when it was called wrongly.';
