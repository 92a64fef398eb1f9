import type { Command } from 'commander';

/** A command of which no more than its name is loaded until it is on the command line. */
export interface LazyCommand {
  readonly name: string;
  /** What the list of commands says of it. */
  readonly summary: string;
  /** Loads what gives the command its description, options, verbs and action. */
  readonly load: () => Promise<(command: Command) => void>;
}

/**
 * Adds commands to a program.
 *
 * @param words of the command line: only commands that are among them are loaded; without them, all
 */
export async function addLazyCommands(
  program: Command,
  commands: readonly LazyCommand[],
  words?: readonly string[],
): Promise<void> {
  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary).description(summary);
    if (words === undefined || words.includes(name)) (await load())(command);
  }
}
