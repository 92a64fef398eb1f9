/**
 * Splits a byte stream into lines, across chunk borders. Delivers only the first `maxLength` characters
 * of a line, so that a program that never ends its line costs bounded memory.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  readonly #onLine: (line: string) => void;
  readonly #maxLength: number;
  #rest = '';
  #skipping = false;

  constructor(onLine: (line: string) => void, maxLength = 4096) {
    this.#onLine = onLine;
    this.#maxLength = maxLength;
  }

  push(chunk: Uint8Array): void {
    const pieces = this.#decoder.decode(chunk, { stream: true }).split(/\r?\n|\r/);
    const last = pieces.pop() ?? '';
    for (const piece of pieces) this.#complete(piece);
    if (this.#skipping) return;
    this.#rest += last;
    if (this.#rest.length > this.#maxLength) {
      this.#onLine(this.#rest.slice(0, this.#maxLength));
      this.#rest = '';
      this.#skipping = true;
    }
  }

  /** Delivers the text after the last line end. */
  end(): void {
    if (!this.#skipping && this.#rest !== '') this.#onLine(this.#rest);
    this.#rest = '';
  }

  #complete(piece: string): void {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    const line = (this.#rest + piece).slice(0, this.#maxLength);
    this.#rest = '';
    if (line !== '') this.#onLine(line);
  }
}
