import { setImmediate } from 'node:timers/promises';

/** How long work may hold up all other work of this process. */
const mostMs = 10;

/** Divides long work among turns of the event loop, so that others are served in between. */
export class LongWork {
  #beganAt = performance.now();

  /** To be called after each small step: resolves at once, or in the next turn if this one was long enough. */
  async rest(): Promise<void> {
    if (performance.now() - this.#beganAt < mostMs) return;
    await setImmediate();
    this.#beganAt = performance.now();
  }
}
