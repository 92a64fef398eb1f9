import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { LiveStream } from './live-stream.ts';
import type { LiveViewer } from './viewer.ts';
import { Viewing } from './viewing.ts';

export type { LiveViewer } from './viewer.ts';

export interface LiveHubOptions {
  /** Where the camera's relay is, rtsp://127.0.0.1:PORT/NAME; undefined while it has none. */
  readonly relayUrl: (camera: string) => string | undefined;
  /** ffmpeg: transcodes what browsers can't play. */
  readonly program: string;
  readonly clock: Clock;
  readonly log: Log;
  /** From the last viewer's leaving to the end of the camera's stream; 10 s unless given. */
  readonly lingerMs?: number;
  /** Without a picture for so long, a stream has ended; 10 s unless given. */
  readonly silentAfterMs?: number;
  /** What may wait in the daemon for one viewer (one picture more); 256 KiB unless given. */
  readonly maxBufferedBytes?: number;
  /** Cameras transcoded at a time; 4 unless given. */
  readonly maxTranscodes?: number;
}

export interface LiveStatus {
  /** Cameras of which there is a stream now, with or without viewers. */
  readonly cameras: readonly {
    readonly camera: string;
    readonly viewers: number;
    readonly transcoded: boolean;
    /** Times that a viewer was too slow and went on at a newer key frame. */
    readonly skips: number;
  }[];
  readonly viewers: number;
}

/** Shows cameras live: one stream of each that somebody watches, shared by all its viewers. */
export class LiveHub implements AsyncDisposable {
  readonly #options: LiveHubOptions;
  readonly #streams = new Map<string, LiveStream>();
  /** Those too that are about to end, and no longer taken for their camera's. */
  readonly #all = new Set<LiveStream>();
  #isClosed = false;

  constructor(options: LiveHubOptions) {
    this.#options = options;
  }

  /**
   * Sends `viewer` the camera's pictures until its signal aborts, or there are no more: then it is told
   * why, and closed. Whoever watches again starts a new stream. Resolves when the viewer gets nothing
   * more; never rejects.
   *
   * @param camera as `relayUrl` knows it
   */
  async watch(camera: string, viewer: LiveViewer): Promise<void> {
    const stream = this.#stream(camera);
    if (stream !== undefined) return stream.watch(viewer);
    const { maxBufferedBytes = 0 } = this.#options;
    new Viewing(viewer, maxBufferedBytes).end('the camera is not connected');
  }

  /** The viewer lost its place: it gets an init, and all pictures from the newest key frame. */
  skip(viewer: LiveViewer): void {
    for (const stream of this.#streams.values()) stream.skip(viewer);
  }

  /**
   * Lets the camera's stream begin before somebody watches, so that its first viewer need not wait for a
   * key frame. It ends as if a viewer had left now. Does nothing for cameras that must be transcoded.
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

  /** Ends all streams and tells their viewers. Resolves when nothing is left of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#all].map((stream) => stream[Symbol.asyncDispose]()));
  }

  /** The camera's stream, a new one if need be; undefined while the camera has no relay. */
  #stream(camera: string): LiveStream | undefined {
    const { relayUrl, program, clock, log } = this.#options;
    const { lingerMs = 10_000, silentAfterMs = 10_000 } = this.#options;
    const { maxBufferedBytes = 256 * 1024, maxTranscodes = 4 } = this.#options;
    const url = relayUrl(camera);
    if (url === undefined || this.#isClosed) return undefined;
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
      mayTranscode: () =>
        [...this.#all].filter(({ isTranscoded }) => isTranscoded).length < maxTranscodes,
    });
    this.#streams.set(camera, stream);
    this.#all.add(stream);
    void stream.ended.then(() => {
      this.#all.delete(stream);
      if (this.#streams.get(camera) === stream) this.#streams.delete(camera);
    });
    return stream;
  }
}
