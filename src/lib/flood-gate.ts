import type { Log, LogFields } from './log.ts';

type Level = 'warn' | 'error';

interface Held {
  count: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Limits repeated log lines: logs the first line of each kind at once, and further ones within the
 * window as one line with their number. Bounds memory: beyond `maxKinds` kinds, all others share one.
 */
export class FloodGate implements Disposable {
  readonly #held = new Map<string, Held>();
  readonly #log: Log;
  readonly #windowMs: number;
  readonly #maxKinds: number;

  constructor(log: Log, windowMs = 60_000, maxKinds = 200) {
    this.#log = log;
    this.#windowMs = windowMs;
    this.#maxKinds = maxKinds;
  }

  warn(kind: string, message: string, fields?: LogFields): void {
    this.#tell('warn', kind, message, fields);
  }

  error(kind: string, message: string, fields?: LogFields): void {
    this.#tell('error', kind, message, fields);
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer);
    this.#held.clear();
  }

  #tell(level: Level, kind: string, message: string, fields?: LogFields): void {
    const key = this.#held.has(kind) || this.#held.size < this.#maxKinds ? kind : 'many kinds';
    const held = this.#held.get(key);
    if (held !== undefined) {
      held.count += 1;
      return;
    }
    this.#log[level](message, fields);
    const timer = setTimeout(() => this.#close(level, key, message, fields), this.#windowMs);
    timer.unref();
    this.#held.set(key, { count: 0, timer });
  }

  #close(level: Level, key: string, message: string, fields?: LogFields): void {
    const count = this.#held.get(key)?.count ?? 0;
    this.#held.delete(key);
    if (count > 0) {
      this.#log[level](`${message} (${count} more in ${this.#windowMs / 1000} s)`, fields);
    }
  }
}
