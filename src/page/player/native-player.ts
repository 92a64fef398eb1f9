import {
  type FilmOptions,
  type FilmPlayer,
  noFootageFromHere,
  noFootageHere,
  unreadable,
} from './film-player.ts';
import { mediaTimeOf, type PlayedSegment, readPlaylist, recordedAtMs } from './media-times.ts';

/** Plays with the browser's own HLS, which hides the times of segments: so reads the playlist itself, too. */
export class NativePlayer implements FilmPlayer {
  readonly #video: HTMLVideoElement;
  readonly #closed = new AbortController();
  #segments: readonly PlayedSegment[] = [];
  #wantedMs: number | undefined;

  constructor(options: FilmOptions) {
    this.#video = options.video;
    this.#wantedMs = options.startAtMs;
    void this.#open(options);
  }

  async #open({ video, url, onTrouble, onReady, onSound }: FilmOptions): Promise<void> {
    const { signal } = this.#closed;
    try {
      const response = await fetch(url, { signal });
      if (!response.ok) return onTrouble(response.status === 404 ? noFootageHere : unreadable);
      this.#segments = readPlaylist(await response.text());
    } catch {
      if (!signal.aborted) onTrouble(unreadable);
      return;
    }
    const startS = mediaTimeOf(this.#segments, this.#wantedMs ?? 0);
    if (startS === undefined) return onTrouble(noFootageFromHere);
    video.addEventListener('error', () => onTrouble(unreadable), { signal });
    video.addEventListener(
      'loadedmetadata',
      () => {
        video.currentTime = startS;
        this.#wantedMs = undefined;
        // The browser reveals no tracks before they play: assume sound.
        onSound(true);
        onReady();
      },
      { signal, once: true },
    );
    video.src = url;
  }

  get atMs(): number | undefined {
    return this.#wantedMs ?? recordedAtMs(this.#segments, this.#video.currentTime);
  }

  goTo(atMs: number): boolean {
    const mediaS = mediaTimeOf(this.#segments, atMs);
    if (mediaS === undefined) return false;
    this.#video.currentTime = mediaS;
    return true;
  }

  setRate(rate: number): void {
    this.#video.playbackRate = rate;
  }

  close(): void {
    this.#closed.abort(new Error('closed'));
    this.#video.removeAttribute('src');
    this.#video.load();
  }
}
