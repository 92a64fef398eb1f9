// Prints what one of our programs says to --help, of each of its commands, as JSON by command line:
//
//   node help-texts.ts PROGRAM-program.ts
import type { Command } from 'commander';

const [file = ''] = process.argv.slice(2);

const { describeProgram } = (await import(file)) as { describeProgram: () => Promise<Command> };
const texts: Record<string, string> = {};
const collect = (command: Command, path: string): void => {
  texts[path] = command.helpInformation();
  const shown = command.createHelp().visibleCommands(command);
  for (const one of shown) if (one.name() !== 'help') collect(one, `${path} ${one.name()}`);
};
const program = await describeProgram();
collect(program, program.name());
process.stdout.write(JSON.stringify(texts));
