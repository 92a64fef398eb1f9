/** A part of the daemon that can be restarted with other options while the rest runs. */
export class Replaceable<Options, Part extends AsyncDisposable> implements AsyncDisposable {
  readonly #start: (options: Options) => Promise<Part>;
  #options: Options | undefined;
  #part: Part | undefined;
  #closed = false;

  private constructor(start: (options: Options) => Promise<Part>) {
    this.#start = start;
  }

  /** @param options undefined: the part does not run for now */
  static async start<Options, Part extends AsyncDisposable>(
    options: Options | undefined,
    start: (options: Options) => Promise<Part>,
  ): Promise<Replaceable<Options, Part>> {
    const made = new Replaceable(start);
    await made.#begin(options);
    return made;
  }

  /** The running part; undefined if there is none. */
  get part(): Part | undefined {
    return this.#part;
  }

  /**
   * Ends the part before it starts its successor, since both may need the same address. If the successor
   * can't start, restarts the part with its previous options.
   *
   * @throws the error of the successor's start
   */
  async replace(options: Options | undefined): Promise<void> {
    const before = this.#options;
    await this.#end();
    try {
      await this.#begin(options);
    } catch (error) {
      await this.#begin(before);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#end();
  }

  async #begin(options: Options | undefined): Promise<void> {
    if (options === undefined || this.#closed) return;
    const part = await this.#start(options);
    this.#options = options;
    this.#part = part;
    // Disposed of during the start.
    if (this.#closed) await this.#end();
  }

  async #end(): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    this.#options = undefined;
    await part?.[Symbol.asyncDispose]();
  }
}
