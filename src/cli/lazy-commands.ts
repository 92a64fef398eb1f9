import type { Command } from 'commander';

/** A command of which no more than its name is loaded until it is on the command line. */
export interface LazyCommand {
  readonly name: string;
  /** What the list of commands says of it. */
  readonly summary: string;
  /** It works, and is in no list. */
  readonly isHidden?: true;
  /** Loads what gives the command its description, options, verbs and action. */
  readonly load: () => Promise<(command: Command) => void>;
}

/** Commands by the heading under which `--help` lists them. */
export type CommandGroups = Readonly<Record<string, readonly LazyCommand[]>>;

/**
 * Adds commands to a program.
 *
 * @param words of the command line: only commands that are among them are loaded; without them, all
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
