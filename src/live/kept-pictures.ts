import type { LivePicture } from './muxer.ts';

/**
 * The pictures since the newest key frame, numbered through: what a new viewer begins with, and what
 * viewers who are a little behind still have to get.
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
    // A camera that sends no key frame for minutes is shown to those who saw the last one.
    if (picture.isKey || this.#bytes + picture.message.length > this.#maxBytes) {
      this.#first += this.#pictures.length;
      this.#pictures = [];
      this.#bytes = 0;
    }
    this.#pictures.push(picture);
    this.#bytes += picture.message.length;
  }

  /** Number of the first picture that is kept. */
  get first(): number {
    return this.#first;
  }

  /** Number that the next picture will have. */
  get next(): number {
    return this.#first + this.#pictures.length;
  }

  get(number: number): LivePicture | undefined {
    return this.#pictures[number - this.#first];
  }
}
