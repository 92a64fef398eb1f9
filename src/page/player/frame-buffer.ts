/** The buffer of a live picture: appends fragments, and removes pictures that were shown. */
export class FrameBuffer {
  readonly #buffer: SourceBuffer;
  readonly #video: HTMLVideoElement;
  #mime: string;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;

  /** @param onAppended called when the appended fragments can be played */
  constructor(
    source: MediaSource,
    mime: string,
    video: HTMLVideoElement,
    onAppended: () => void,
    signal: AbortSignal,
  ) {
    this.#video = video;
    this.#mime = mime;
    this.#buffer = source.addSourceBuffer(mime);
    this.#buffer.addEventListener(
      'updateend',
      () => {
        onAppended();
        this.#work();
      },
      { signal },
    );
  }

  /** @throws {Error} the browser does not keep up */
  append(bytes: Uint8Array<ArrayBuffer>): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    if (this.#waitingBytes > 16_000_000) throw new Error('this device cannot keep up');
    this.#work();
  }

  /** Further fragments have this type, and begin with an init segment. */
  changeType(mime: string): void {
    if (mime === this.#mime) return;
    this.#mime = mime;
    // Queued fragments have the old type, and are late.
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#buffer.updating) this.#buffer.abort();
    this.#buffer.changeType(mime);
  }

  /** End of the playable range, in seconds; undefined before the first picture. */
  get endS(): number | undefined {
    const { buffered } = this.#buffer;
    return buffered.length === 0 ? undefined : buffered.end(buffered.length - 1);
  }

  /** Start of the newest range without a gap, in seconds. */
  get startS(): number {
    const { buffered } = this.#buffer;
    return buffered.length === 0 ? 0 : buffered.start(buffered.length - 1);
  }

  #work(): void {
    if (this.#buffer.updating) return;
    const { buffered } = this.#buffer;
    const keepFromS = this.#video.currentTime - 4;
    // Don't remove at each append, since a removal costs as much as an append.
    if (buffered.length > 0 && keepFromS - buffered.start(0) > 8) {
      this.#buffer.remove(0, keepFromS);
      return;
    }
    if (this.#waiting.length === 0) return;
    const all = new Uint8Array(this.#waitingBytes);
    let at = 0;
    for (const bytes of this.#waiting) {
      all.set(bytes, at);
      at += bytes.byteLength;
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#buffer.appendBuffer(all);
  }
}
