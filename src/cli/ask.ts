import { Writable } from 'node:stream';
import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../lib/errors.ts';

export interface Question {
  readonly words: string;
  /** What an empty answer means; without it one is asked again. */
  readonly otherwise?: string;
  /** What is typed is not shown. */
  readonly secret?: boolean;
  /** What is wrong with an answer: a sentence, and it is asked again. */
  readonly wrongWith?: (answer: string) => string | undefined;
}

/**
 * Asks at the terminal.
 *
 * @throws {OperatorError} on Ctrl-C and Ctrl-D
 */
export async function ask(question: Question): Promise<string> {
  const { words, otherwise, secret = false, wrongWith } = question;
  const hint = otherwise === undefined || otherwise === '' ? '' : ` [${otherwise}]`;
  for (;;) {
    const typed = (await readLine(`${words}${hint}: `, secret)).trim();
    const answer = typed === '' ? otherwise : typed;
    if (answer === undefined) continue;
    const wrong = wrongWith?.(answer);
    if (wrong === undefined) return answer;
    process.stderr.write(`${wrong}\n`);
  }
}

async function readLine(prompt: string, secret: boolean): Promise<string> {
  // With an output that drops all, readline echoes nothing.
  const output = secret
    ? new Writable({ write: (_chunk, _encoding, done) => done() })
    : process.stderr;
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  // Only now, when the terminal itself echoes nothing any more.
  process.stderr.write(prompt);
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
