import { Writable } from 'node:stream';
import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../lib/errors.ts';

export interface Question {
  readonly words: string;
  /** What an empty answer means; without it one is asked again. */
  readonly otherwise?: string;
  /** What is typed is not shown. */
  readonly secret?: boolean;
}

/**
 * Asks at the terminal.
 *
 * @throws {OperatorError} on Ctrl-C and Ctrl-D
 */
export async function ask({ words, otherwise, secret = false }: Question): Promise<string> {
  const hint = otherwise === undefined || otherwise === '' ? '' : ` [${otherwise}]`;
  for (;;) {
    process.stderr.write(`${words}${hint}: `);
    const answer = (await readLine(secret)).trim();
    if (answer !== '') return answer;
    if (otherwise !== undefined) return otherwise;
  }
}

async function readLine(secret: boolean): Promise<string> {
  // With an output that drops all, readline echoes nothing.
  const output = secret
    ? new Writable({ write: (_chunk, _encoding, done) => done() })
    : process.stderr;
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  const closed = new AbortController();
  terminal.once('close', () => closed.abort());
  try {
    return await terminal.question('', { signal: closed.signal });
  } catch (cause) {
    throw new OperatorError('Nothing was changed.', { cause });
  } finally {
    terminal.close();
    if (secret) process.stderr.write('\n');
  }
}
