import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { within } from '../../src/lib/until.ts';

/** A script of this folder in a process of its own, which answers each question with one message. */
export class AnsweringProcess implements AsyncDisposable {
  readonly #script: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(script: string) {
    this.#script = script;
    this.#child = fork(join(import.meta.dirname, script));
    this.#exited = once(this.#child, 'exit');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** One question at a time. */
  async ask<Answer>(question: unknown, ms: number): Promise<Answer> {
    const signal = new AbortController().signal;
    return await within(ms, `the answer of ${this.#script}`, signal, async (waiting) => {
      const answer = once(this.#child, 'message', { signal: waiting });
      this.#child.send(question as object);
      const died = this.#exited.then(() => Promise.reject(new Error(`${this.#script} ended`)));
      const [message] = await Promise.race([answer, died]);
      return message as Answer;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }
}

/** The other end: answers until the one who asks is gone. */
export function answer<Question>(reply: (question: Question) => Promise<object>): void {
  process.on('message', (question) => {
    reply(question as Question).then(
      (message) => process.send?.(message),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit());
}
