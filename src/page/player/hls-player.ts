import Hls, { type ErrorData, type LoadPolicy } from 'hls.js/light';
import {
  type FilmOptions,
  type FilmPlayer,
  noFootageFromHere,
  noFootageHere,
  unreadable,
} from './film-player.ts';
import { mediaTimeOf, recordedAtMs } from './media-times.ts';

/** A reachable bucket answers sooner than this. */
const firstByteMs = 4_000;

export class HlsPlayer implements FilmPlayer {
  readonly #hls: Hls;
  readonly #video: HTMLVideoElement;
  #wantedMs: number | undefined;

  constructor(options: FilmOptions) {
    const { video, url, startAtMs, onTrouble, onReady, onSound, onElsewhereRefused } = options;
    this.#video = video;
    this.#wantedMs = startAtMs;
    const { fragLoadPolicy } = Hls.DefaultConfig;
    const hls = new Hls({
      autoStartLoad: false,
      // hls.js starts its worker from a blob, which the page's policy forbids; it would do little work.
      enableWorker: false,
      maxBufferLength: 30,
      maxMaxBufferLength: 120,
      backBufferLength: 30,
      // Segments are contiguous only to the millisecond.
      maxBufferHole: 0.3,
      nudgeOnVideoHole: true,
      fragLoadPolicy: onElsewhereRefused ? impatient(fragLoadPolicy) : fragLoadPolicy,
    });
    this.#hls = hls;
    hls.on(Hls.Events.LEVEL_LOADED, () => {
      const wantedMs = this.#wantedMs;
      if (wantedMs === undefined) return;
      const startS = mediaTimeOf(this.#segments, wantedMs);
      this.#wantedMs = undefined;
      if (startS === undefined) return onTrouble(noFootageFromHere);
      hls.startLoad(startS);
      // Attach only now: with a video attached, hls.js fetches the playlist's first segment at once.
      hls.attachMedia(video);
      onReady();
    });
    hls.on(Hls.Events.BUFFER_CODECS, (_, tracks) =>
      onSound(tracks.audio !== undefined || tracks.audiovideo !== undefined),
    );
    let recoveries = 0;
    hls.on(Hls.Events.ERROR, (_, error) => {
      if (onElsewhereRefused !== undefined && isRefusal(error)) return onElsewhereRefused();
      if (!error.fatal) return;
      if (error.type === Hls.ErrorTypes.MEDIA_ERROR && recoveries < 3) {
        recoveries += 1;
        return hls.recoverMediaError();
      }
      onTrouble(error.response?.code === 404 ? noFootageHere : unreadable);
    });
    hls.loadSource(url);
    // Without autoStartLoad, hls.js waits for this call before it reads the list of segments.
    hls.once(Hls.Events.MANIFEST_PARSED, () => hls.startLoad());
  }

  static get isSupported(): boolean {
    return Hls.isSupported();
  }

  get #segments() {
    return this.#hls.levels[0]?.details?.fragments ?? [];
  }

  get atMs(): number | undefined {
    return this.#wantedMs ?? recordedAtMs(this.#segments, this.#video.currentTime);
  }

  goTo(atMs: number): boolean {
    if (this.#segments.length === 0) {
      this.#wantedMs = atMs;
      return true;
    }
    const mediaS = mediaTimeOf(this.#segments, atMs);
    if (mediaS === undefined) return false;
    this.#video.currentTime = mediaS;
    return true;
  }

  /** Faster playback needs a longer buffer. */
  setRate(rate: number): void {
    this.#video.playbackRate = rate;
    this.#hls.config.maxBufferLength = 30 * Math.max(1, rate);
    this.#hls.config.maxMaxBufferLength = 120 * Math.max(1, rate);
  }

  close(): void {
    this.#hls.destroy();
  }
}

const impatient = ({ default: policy }: LoadPolicy): LoadPolicy => ({
  default: { ...policy, maxTimeToFirstByteMs: firstByteMs },
});

/** Browsers do not say why a bucket can't be read: it may be unreachable, or refuse this page. */
const isRefusal = ({ details, response }: ErrorData): boolean =>
  details === Hls.ErrorDetails.FRAG_LOAD_TIMEOUT ||
  (details === Hls.ErrorDetails.FRAG_LOAD_ERROR && [0, 403].includes(response?.code ?? 0));
