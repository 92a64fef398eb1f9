import { createInterface } from 'node:readline/promises';
import { UsageError } from './errors.ts';

/**
 * Asks for confirmation. Any answer but yes, Ctrl-C and Ctrl-D mean no.
 *
 * @throws {UsageError} standard input is no terminal
 */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError(`${question} Say so with --yes.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new AbortController();
  terminal.once('close', () => closed.abort());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: closed.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    terminal.close();
  }
}
