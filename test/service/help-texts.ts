// Prints what one of our programs says to --help, of each of its commands, as JSON by command line:
//
//   node help-texts.ts PROGRAM.ts
import { Command } from 'commander';

const [file = ''] = process.argv.slice(2);

// One process for all: the programs read their command line as soon as they are loaded.
Command.prototype.parseAsync = function tell(this: Command): Promise<Command> {
  const texts: Record<string, string> = {};
  const collect = (command: Command, path: string): void => {
    texts[path] = command.helpInformation();
    for (const one of command.commands) collect(one, `${path} ${one.name()}`);
  };
  collect(this, this.name());
  process.stdout.write(JSON.stringify(texts));
  return Promise.resolve(this);
};
await import(file);
