/** A value that may change while parts of the daemon use it. */
export interface Changing<T> {
  readonly value: T;
  /** Resolves when the value is next set, or when `signal` aborts. */
  changed(signal: AbortSignal): Promise<void>;
}

/** A {@link Changing} value that its owner can set. */
export class Setting<T> implements Changing<T> {
  #value: T;
  readonly #waiting = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    this.#value = value;
    for (const resolve of Array.from(this.#waiting)) resolve();
  }

  /** A view of the setting that converts its value with `make`. */
  map<U>(make: (value: T) => U): Changing<U> {
    const value = (): U => make(this.#value);
    return {
      get value() {
        return value();
      },
      changed: (signal) => this.changed(signal),
    };
  }

  changed(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) return Promise.resolve();
    const done = (): void => {
      this.#waiting.delete(done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    this.#waiting.add(done);
    signal.addEventListener('abort', done);
    return promise;
  }
}
