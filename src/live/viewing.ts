import type { Initialization } from '../media/mp4/write.ts';
import type { KeptPictures } from './kept-pictures.ts';
import type { LiveViewer } from './viewer.ts';

/** One viewer's place in a camera's stream. */
export class Viewing {
  readonly #viewer: LiveViewer;
  readonly #maxBufferedBytes: number;
  readonly #over = Promise.withResolvers<void>();
  #initialization: Initialization | undefined;
  /** Number of the next picture to send. */
  #next = 0;
  #waitsForKey = true;
  #isSlow = false;
  #isOver = false;
  /** How often the viewer was too slow and skipped to a newer key frame. */
  skips = 0;

  constructor(viewer: LiveViewer, maxBufferedBytes: number) {
    this.#viewer = viewer;
    this.#maxBufferedBytes = maxBufferedBytes;
    viewer.signal.addEventListener('abort', this.#leave, { once: true });
    if (viewer.signal.aborted) this.#leave();
  }

  /** Resolves when nothing more is sent to the viewer. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Starts again at the newest key frame. */
  restart(): void {
    this.#initialization = undefined;
    this.#next = 0;
    this.#waitsForKey = true;
  }

  /** Sends as many new pictures as the viewer can take. */
  send(kept: KeptPictures, epochMs: number): void {
    if (this.#isOver) return;
    try {
      this.#send(kept, epochMs);
    } catch {
      // The connection broke, and its signal has not aborted yet.
      this.#leave();
    }
  }

  end(reason: string): void {
    if (this.#isOver) return;
    this.#leave();
    try {
      this.#viewer.sendText(JSON.stringify({ type: 'end', reason }));
      this.#viewer.close(reason);
    } catch {
      // The viewer has already gone.
    }
  }

  #send(kept: KeptPictures, epochMs: number): void {
    const waiting = this.#viewer.bufferedBytes();
    // Wait until most of the queue has been sent, or the viewer would stay at the limit.
    if (this.#isSlow && waiting > this.#maxBufferedBytes / 4) return;
    this.#isSlow = false;
    if (this.#next < kept.first) {
      if (!this.#waitsForKey) this.skips += 1;
      this.#waitsForKey = true;
      this.#next = kept.first;
    }
    for (; this.#next < kept.next; this.#next += 1) {
      const picture = kept.get(this.#next);
      if (picture === undefined || (this.#waitsForKey && !picture.isKey)) continue;
      if (this.#viewer.bufferedBytes() >= this.#maxBufferedBytes) {
        this.#isSlow = true;
        return;
      }
      this.#waitsForKey = false;
      if (picture.initialization !== this.#initialization) {
        this.#initialization = picture.initialization;
        const { mime, segment } = picture.initialization;
        this.#viewer.sendText(JSON.stringify({ type: 'init', mime, epochMs }));
        this.#viewer.sendBinary(segment);
      }
      this.#viewer.sendBinary(picture.message);
    }
  }

  readonly #leave = (): void => {
    this.#isOver = true;
    this.#viewer.signal.removeEventListener('abort', this.#leave);
    this.#over.resolve();
  };
}
