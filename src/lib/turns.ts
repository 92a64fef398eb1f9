/** Does what many ask for at the same moment: some of it in each turn of the event loop, so that others run between. */
export class Turns {
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Calls `work` soon; it must not throw. Who calls this bounds how much can wait. */
  take(work: () => void): void {
    this.#waiting.push(work);
    if (this.#waiting.length === 1) setImmediate(() => this.#go());
  }

  #go(): void {
    for (const work of this.#waiting.slice(0, this.#perTurn)) work();
    this.#waiting.splice(0, this.#perTurn);
    if (this.#waiting.length > 0) setImmediate(() => this.#go());
  }
}
