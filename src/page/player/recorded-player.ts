import Hls, { type ErrorData, type LoadPolicy } from '/vendor/hls.js';
import { mediaTimeOf, recordedAtMs } from './media-times.ts';

export interface RecordedPlayerOptions {
  readonly video: HTMLVideoElement;
  /** Of an HLS playlist with the time of each segment. */
  readonly url: string;
  readonly startAtMs: number;
  /** Something cannot be played; in words. */
  readonly onTrouble: (words: string) => void;
  /** Whether what plays from here on has sound. */
  readonly onSound: (hasSound: boolean) => void;
  /** The playlist is read, and its first wanted picture under way. */
  readonly onReady: () => void;
  /** Another host than the page's, to which the server sent us, gives nothing; unless given, that is a trouble. */
  readonly onElsewhereRefused?: (() => void) | undefined;
}

/** Of the server's own answers, none takes so long. */
const firstByteMs = 4_000;

/** Plays footage of a day as if it were one film, and speaks of its moments in ms since 1970 UTC. */
export class RecordedPlayer {
  readonly #hls: Hls;
  readonly #video: HTMLVideoElement;
  #wantedMs: number | undefined;

  constructor(options: RecordedPlayerOptions) {
    const { video, url, startAtMs, onTrouble, onReady, onSound, onElsewhereRefused } = options;
    this.#video = video;
    this.#wantedMs = startAtMs;
    const hls = new Hls({
      autoStartLoad: false,
      // Its worker would come from a blob, which the page's policy forbids; the work is little.
      enableWorker: false,
      maxBufferLength: 30,
      maxMaxBufferLength: 120,
      backBufferLength: 30,
      // Segments meet to the millisecond and no closer.
      maxBufferHole: 0.3,
      nudgeOnVideoHole: true,
      ...(onElsewhereRefused && { fragLoadPolicy: impatient(Hls.DefaultConfig.fragLoadPolicy) }),
    });
    this.#hls = hls;
    hls.on(Hls.Events.LEVEL_LOADED, () => {
      const wantedMs = this.#wantedMs;
      if (wantedMs === undefined) return;
      const startS = mediaTimeOf(this.#segments, wantedMs);
      this.#wantedMs = undefined;
      if (startS === undefined) return onTrouble('There is no footage from here on.');
      hls.startLoad(startS);
      // Only now, since with a video hls.js would fetch the first segment of the day at once.
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
      onTrouble(
        error.response?.code === 404
          ? 'There is no footage here.'
          : 'This footage cannot be read just now.',
      );
    });
    hls.loadSource(url);
    // Without automatic loading hls.js waits for this even to read the list of segments.
    hls.once(Hls.Events.MANIFEST_PARSED, () => hls.startLoad());
  }

  static get isSupported(): boolean {
    return Hls.isSupported();
  }

  get #segments() {
    return this.#hls.levels[0]?.details?.fragments ?? [];
  }

  /** When the picture on the screen was recorded. */
  get atMs(): number | undefined {
    return this.#wantedMs ?? recordedAtMs(this.#segments, this.#video.currentTime);
  }

  /** Goes to a moment, or past the gap that it is in; false if nothing was recorded from there on. */
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

  /** @param rate of playback; faster needs more ahead */
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

/** Of a bucket that doesn't let this page read it, browsers tell nothing; it may be out of reach, too. */
const isRefusal = ({ details, response }: ErrorData): boolean =>
  details === Hls.ErrorDetails.FRAG_LOAD_TIMEOUT ||
  (details === Hls.ErrorDetails.FRAG_LOAD_ERROR && [0, 403].includes(response?.code ?? 0));
