import { unwaited } from '../lib/background.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { LiveStream } from './live-stream.ts';
import type { LiveViewer } from './viewer.ts';
import { Viewing } from './viewing.ts';

export type { LiveViewer } from './viewer.ts';

export interface LiveHubOptions {
  /** URL of the camera's relay, rtsp://127.0.0.1:PORT/NAME; undefined while there is none. */
  readonly relayUrl: (camera: string) => string | undefined;
  /** How late pictures come from the camera now, in milliseconds. */
  readonly lateMs: (camera: string) => number;
  /** ffmpeg, which transcodes streams that browsers can't play. */
  readonly program: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Why nobody is shown anything for now, in words for viewers; undefined: everybody is. */
  readonly pausedWhy?: () => string | undefined;
  /** How long a camera's stream goes on without viewers; default: 10 s. */
  readonly lingerMs?: number;
  /** A stream ends after so long without a picture; default: 10 s. */
  readonly silentAfterMs?: number;
  /** Limit on the bytes queued for one viewer, exceeded by one picture at most; default: 256 KiB. */
  readonly maxBufferedBytes?: number;
  /** Limit on cameras transcoded at a time; default: 4. */
  readonly maxTranscodes?: number;
}

export interface LiveStatus {
  /** Cameras that have a stream now, with or without viewers. */
  readonly cameras: readonly {
    readonly camera: string;
    readonly viewers: number;
    readonly transcoded: boolean;
    /** How often a viewer was too slow and skipped to a newer key frame. */
    readonly skips: number;
  }[];
  readonly viewers: number;
}

/** Shows cameras live: each watched camera has one stream, shared by its viewers. */
export class LiveHub implements AsyncDisposable {
  readonly #options: LiveHubOptions;
  readonly #streams = new Map<string, LiveStream>();
  /** Also has the streams that are ending and are no longer their camera's current stream. */
  readonly #all = new Set<LiveStream>();
  #isClosed = false;

  constructor(options: LiveHubOptions) {
    this.#options = options;
  }

  /**
   * Sends `viewer` the camera's pictures until the viewer's signal aborts or the stream ends; in the
   * latter case the viewer gets the reason and is closed, and may watch again. Resolves after the last
   * message to the viewer; never rejects.
   *
   * @param camera the name that `relayUrl` takes
   */
  async watch(camera: string, viewer: LiveViewer): Promise<void> {
    const stream = this.#stream(camera);
    if (stream !== undefined) return stream.watch(viewer);
    const { maxBufferedBytes = 0, pausedWhy } = this.#options;
    new Viewing(viewer, maxBufferedBytes).end(pausedWhy?.() ?? 'the camera is not connected');
  }

  /** Restarts a viewer that lost its place: with an init, and all pictures since the newest key frame. */
  skip(viewer: LiveViewer): void {
    for (const stream of this.#streams.values()) stream.skip(viewer);
  }

  /**
   * Starts the camera's stream before somebody watches, so that the first viewer need not wait for a key
   * frame. The stream ends as if a viewer had left now. Has no effect for cameras that need transcoding.
   */
  warm(camera: string): void {
    this.#stream(camera)?.want();
  }

  status(): LiveStatus {
    const cameras = [...this.#streams].map(([camera, { viewers, isTranscoded, skips }]) => ({
      camera,
      viewers,
      transcoded: isTranscoded,
      skips,
    }));
    return { cameras, viewers: cameras.reduce((sum, { viewers }) => sum + viewers, 0) };
  }

  /** Ends all streams and tells their viewers. Resolves when all streams have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#all].map((stream) => stream[Symbol.asyncDispose]()));
  }

  /** The camera's stream, started if necessary; undefined while the camera has no relay. */
  #stream(camera: string): LiveStream | undefined {
    const { relayUrl, lateMs, program, clock, log, pausedWhy = () => undefined } = this.#options;
    const { lingerMs = 10_000, silentAfterMs = 10_000 } = this.#options;
    const { maxBufferedBytes = 256 * 1024, maxTranscodes = 4 } = this.#options;
    const url = relayUrl(camera);
    if (url === undefined || this.#isClosed || pausedWhy() !== undefined) return undefined;
    const known = this.#streams.get(camera);
    if (known !== undefined && !known.isOver) return known;
    const stream = new LiveStream({
      url,
      program,
      clock,
      lingerMs,
      silentAfterMs,
      maxBufferedBytes,
      log: log.child({ camera }),
      isCurrent: () => relayUrl(camera) === url,
      lateMs: () => lateMs(camera),
      pausedWhy,
      mayTranscode: () =>
        [...this.#all].filter(({ isTranscoded }) => isTranscoded).length < maxTranscodes,
    });
    this.#streams.set(camera, stream);
    this.#all.add(stream);
    const ended = stream.ended.finally(() => {
      this.#all.delete(stream);
      if (this.#streams.get(camera) === stream) this.#streams.delete(camera);
    });
    unwaited(ended, log, 'the live pictures of a camera ended with an error');
    return stream;
  }
}
