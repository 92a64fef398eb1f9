import { Child } from '../lib/child.ts';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import { supervise } from '../lib/supervise.ts';

const everySeconds = 1;
const restart = { minMs: 1_000, maxMs: 60_000, healthyAfterMs: 10_000 };

/**
 * While something is recorded, flushes written data to the disk once a second. The kernel would
 * keep the data in memory for half a minute, and a power cut would cost each camera that much.
 *
 * One call for the whole file system (syncfs(2)) costs less than one per file. Node lacks the call,
 * so `sync` of coreutils makes it, in a long-lived shell: starting a program blocks the event loop.
 */
export class Flusher implements AsyncDisposable {
  readonly #directory: string;
  readonly #log: Log;
  #life: Scope | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(directory: string, log: Log) {
    this.#directory = directory;
    this.#log = log;
  }

  start(): void {
    if (this.#life !== undefined) return;
    const life = new Scope();
    this.#life = life;
    this.#done = this.#done.then(() =>
      supervise('flushing the spool', (signal) => this.#flush(signal), {
        signal: life.signal,
        restart,
        clock: systemClock,
        log: this.#log,
      }),
    );
  }

  stop(): void {
    this.#life?.end();
    this.#life = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#done;
  }

  async #flush(signal: AbortSignal): Promise<void> {
    await using shell = new Child({
      name: 'sync',
      file: 'sh',
      args: [
        '-c',
        'while sleep "$2"; do sync -f "$1" || exit; done',
        'sh',
        this.#directory,
        String(everySeconds),
      ],
      // `sync` hangs while the disk doesn't answer.
      graceMs: 2_000,
    });
    await shell.ended(signal);
  }
}
