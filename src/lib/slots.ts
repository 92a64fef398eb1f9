import { HttpError } from './http-error.ts';

/** Limits how many tasks run at a time, and how many wait for a slot. */
export class Slots {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number, maxWaiting: number) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  /** @throws {HttpError} 503: too many tasks are waiting */
  async run<T>(task: () => Promise<T>): Promise<T> {
    using _slot = await this.enter();
    return await task();
  }

  /**
   * Waits for a slot, which is given back when it is disposed of.
   *
   * @throws {HttpError} 503: too many tasks are waiting
   * @throws the reason of `signal`, when it aborts meanwhile
   */
  async enter(signal?: AbortSignal): Promise<Disposable> {
    signal?.throwIfAborted();
    if (this.#running < this.#atOnce) this.#running += 1;
    else await this.#wait(signal);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#next();
        isHeld = false;
      },
    };
  }

  /** A task that ends hands its slot to the next one. */
  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new HttpError(503, 'Too much is asked for at once. Try again in a few seconds.');
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.#waiting = this.#waiting.filter((one) => one !== resolve);
      reject(signal?.reason as Error);
    };
    this.#waiting.push(resolve);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }
}
