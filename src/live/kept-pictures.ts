import type { LivePicture } from './muxer.ts';

/**
 * The numbered pictures since the newest key frame: new viewers start with them, and viewers who are
 * slightly behind still need them.
 */
export class KeptPictures {
  readonly #maxBytes: number;
  #pictures: LivePicture[] = [];
  #bytes = 0;
  #first = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(picture: LivePicture): void {
    // Without a key frame for minutes, the pictures exceed the limit: then new viewers must wait for one.
    if (picture.isKey || this.#bytes + picture.message.length > this.#maxBytes) {
      this.#first += this.#pictures.length;
      this.#pictures = [];
      this.#bytes = 0;
    }
    this.#pictures.push(picture);
    this.#bytes += picture.message.length;
  }

  /** Number of the first kept picture. */
  get first(): number {
    return this.#first;
  }

  /** Number of the next picture. */
  get next(): number {
    return this.#first + this.#pictures.length;
  }

  get(number: number): LivePicture | undefined {
    return this.#pictures[number - this.#first];
  }
}
