import type { Command } from 'commander';

/** A command whose code is loaded only if its name is on the command line. */
export interface LazyCommand {
  readonly name: string;
  /** Its line in the list of commands. */
  readonly summary: string;
  /** The command works, but is not listed. */
  readonly isHidden?: true;
  /** Loads the function that gives the command its description, options, subcommands and action. */
  readonly load: () => Promise<(command: Command) => void>;
}

/** Commands, keyed by their heading in `--help`. */
export type CommandGroups = Readonly<Record<string, readonly LazyCommand[]>>;

/**
 * Adds commands to a program.
 *
 * @param words the command line: only its commands are loaded; without `words`, all are
 */
export async function addLazyCommands(
  program: Command,
  groups: CommandGroups,
  words?: readonly string[],
): Promise<void> {
  for (const [heading, commands] of Object.entries(groups)) {
    for (const { name, summary, isHidden = false, load } of commands) {
      const command = program.command(name, { hidden: isHidden });
      command.summary(summary).description(summary).helpGroup(heading);
      if (words === undefined || words.includes(name)) (await load())(command);
    }
  }
}
