import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Segment } from '../model/segment.ts';
import type { Changes } from './scan.ts';

/** Those who are told which segments come and go. */
export class Watchers {
  readonly #log: Log;
  readonly #all = new Set<Changes>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Tells it of changes until `signal` aborts. */
  add(watcher: Changes, signal: AbortSignal): void {
    this.#all.add(watcher);
    signal.addEventListener('abort', () => this.#all.delete(watcher), { once: true });
  }

  clear(): void {
    this.#all.clear();
  }

  tell(what: keyof Changes, segment: Segment): void {
    for (const watcher of this.#all) {
      try {
        watcher[what](segment);
      } catch (error) {
        // A watcher's fault must not make a safely stored segment look lost.
        this.#log.error('a watcher of the spool failed', { cause: describeError(error) });
      }
    }
  }
}
