import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { LiveViewer } from './viewer.ts';

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
  constructor(_options: LiveHubOptions) {
    throw new Error('to be written');
  }

  /**
   * Sends `viewer` the camera's pictures until its signal aborts, or there are no more: then it is told
   * why, and closed. Resolves when it gets nothing more; never rejects.
   *
   * @param camera as `relayUrl` knows it
   */
  watch(_camera: string, _viewer: LiveViewer): Promise<void> {
    throw new Error('to be written');
  }

  /** The viewer lost its place: it gets an init, and all pictures from the newest key frame. */
  skip(_viewer: LiveViewer): void {}

  /** Lets the camera's stream begin before somebody watches, so that its first viewer has a picture at once. */
  warm(_camera: string): void {}

  status(): LiveStatus {
    return { cameras: [], viewers: 0 };
  }

  /** Ends all streams and tells their viewers. Resolves when nothing is left of them. */
  async [Symbol.asyncDispose](): Promise<void> {}
}
