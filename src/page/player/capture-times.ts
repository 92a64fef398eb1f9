/** Which picture was captured when: media time in seconds to ms since 1970, for the last pictures. */
export class CaptureTimes {
  readonly #pictures: { readonly mediaS: number; readonly atMs: number }[] = [];

  add(mediaS: number, atMs: number): void {
    this.#pictures.push({ mediaS, atMs });
    // At 30 pictures a second, 30 s: presentation is never that far behind.
    if (this.#pictures.length > 900) this.#pictures.shift();
  }

  /** When the picture shown at a media time was captured. */
  at(mediaS: number): number | undefined {
    // The presented picture's time comes rounded to microseconds.
    return this.#pictures.findLast((picture) => picture.mediaS <= mediaS + 0.002)?.atMs;
  }

  clear(): void {
    this.#pictures.length = 0;
  }
}
