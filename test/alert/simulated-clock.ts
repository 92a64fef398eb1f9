import type { Clock } from '../../src/lib/clock.ts';

/** A clock that stands still until it is moved. */
export class SimulatedClock implements Clock {
  #at = 0;
  /** What the wall clock is ahead of the monotonic. */
  wallOffsetMs = Date.UTC(2026, 10, 23, 2, 0);
  readonly #sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  now(): number {
    return this.#at;
  }

  wallNow(): number {
    return this.#at + this.wallOffsetMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const sleeper = {
        until: this.#at + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** Moves on by so many seconds, and lets those who wake in each do their work. */
  async pass(seconds: number, each: () => void = () => {}): Promise<void> {
    for (let left = seconds; left > 0; left -= 1) {
      this.#at += 1_000;
      each();
      for (const sleeper of this.#sleepers) if (sleeper.until <= this.#at) sleeper.wake();
      await new Promise(setImmediate);
    }
  }
}
