import { Writable } from 'node:stream';
import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../lib/errors.ts';

export interface Question {
  readonly words: string;
  /** The default for an empty answer; without a default the question is repeated. */
  readonly otherwise?: string;
  /** Don't echo the answer. */
  readonly secret?: boolean;
  /** Returns a sentence on why an answer is invalid; the question is then repeated. */
  readonly wrongWith?: (answer: string) => string | undefined;
}

/**
 * Asks at the terminal.
 *
 * @throws {OperatorError} the operator typed Ctrl-C or Ctrl-D
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
  // readline echoes to `output`, so an output that drops everything hides the secret.
  const output = secret
    ? new Writable({ write: (_chunk, _encoding, done) => done() })
    : process.stderr;
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  // Prompt only now: createInterface() has turned the terminal's own echo off.
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
