/** A nested lifetime: ends with any of its parents, on {@link end}, or when its block is left. */
export class Scope implements Disposable {
  readonly #controller = new AbortController();
  readonly #unlink: (() => void)[] = [];

  constructor(...parents: readonly AbortSignal[]) {
    for (const parent of parents) {
      if (parent.aborted) this.end(parent.reason);
      // AbortSignal.any stays linked to its sources as long as they live, which would leak a link per
      // restart under a parent that lives for months. This listener is removed on dispose.
      const onEnd = (): void => this.end(parent.reason);
      parent.addEventListener('abort', onEnd, { once: true });
      this.#unlink.push(() => parent.removeEventListener('abort', onEnd));
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    for (const unlink of this.#unlink) unlink();
    this.end(new Error('scope left'));
  }
}
