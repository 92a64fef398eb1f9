/** A part of the daemon that can be ended and started with other options while all else runs. */
export class Replaceable<Options, Part extends AsyncDisposable> implements AsyncDisposable {
  readonly #start: (options: Options) => Promise<Part>;
  #options: Options | undefined;
  #part: Part | undefined;
  #closed = false;

  private constructor(start: (options: Options) => Promise<Part>) {
    this.#start = start;
  }

  /** @param options undefined: there is no such part for now */
  static async start<Options, Part extends AsyncDisposable>(
    options: Options | undefined,
    start: (options: Options) => Promise<Part>,
  ): Promise<Replaceable<Options, Part>> {
    const made = new Replaceable(start);
    await made.#begin(options);
    return made;
  }

  /** The one that runs now. */
  get part(): Part | undefined {
    return this.#part;
  }

  /**
   * Ends the part and starts another, since both may want the same address. If that can't be started, the one before is
   * started again.
   *
   * @throws what kept the new one from starting
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
    // The daemon stopped meanwhile.
    if (this.#closed) await this.#end();
  }

  async #end(): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    this.#options = undefined;
    await part?.[Symbol.asyncDispose]();
  }
}
