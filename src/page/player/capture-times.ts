/** Capture times (ms since 1970) of the last pictures, by their media time in seconds. */
export class CaptureTimes {
  readonly #pictures: { readonly mediaS: number; readonly atMs: number }[] = [];

  add(mediaS: number, atMs: number): void {
    this.#pictures.push({ mediaS, atMs });
    // 30 s at 30 pictures a second: no picture is shown later than that.
    if (this.#pictures.length > 900) this.#pictures.shift();
  }

  /** When the picture at a media time was captured. */
  at(mediaS: number): number | undefined {
    // Browsers round media times to microseconds.
    return this.#pictures.findLast((picture) => picture.mediaS <= mediaS + 0.002)?.atMs;
  }

  clear(): void {
    this.#pictures.length = 0;
  }
}
