import type { Clock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import { KeptPictures } from './kept-pictures.ts';
import { Muxer } from './muxer.ts';
import type { PictureSink } from '../media/h264/picture-sink.ts';
import { StreamEndedError } from './stream-ended.ts';
import { playH264 } from './rtsp-source.ts';
import { transcode } from './transcoder.ts';
import type { LiveViewer } from './viewer.ts';
import { Viewing } from './viewing.ts';

export interface LiveStreamOptions {
  readonly url: string;
  /** Whether the camera's relay still has this URL. */
  readonly isCurrent: () => boolean;
  /** How late pictures come from the camera now, in milliseconds. */
  readonly lateMs: () => number;
  /** Why it must end for now; undefined if it need not. */
  readonly pausedWhy: () => string | undefined;
  readonly mayTranscode: () => boolean;
  readonly program: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly lingerMs: number;
  readonly silentAfterMs: number;
  readonly maxBufferedBytes: number;
}

const maxKeptBytes = 8 * 1024 ** 2;
const lookEachMs = 500;

/** The live stream of one camera, shared by its viewers: from the first viewer to a while after the last. */
export class LiveStream implements AsyncDisposable {
  readonly #options: LiveStreamOptions;
  readonly #life = new Scope();
  readonly #muxer = new Muxer();
  readonly #kept = new KeptPictures(maxKeptBytes);
  readonly #viewings = new Map<LiveViewer, Viewing>();
  readonly #ended: Promise<void>;
  #lastPictureAt: number;
  #lastWantedAt: number;
  #skipsOfGone = 0;
  #isOver = false;
  isTranscoded = false;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
    this.#lastPictureAt = options.clock.now();
    this.#lastWantedAt = this.#lastPictureAt;
    this.#ended = this.#run();
  }

  /** Resolves when the stream has ended and released everything. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Whether the stream takes no more viewers. */
  get isOver(): boolean {
    return this.#isOver || this.#life.signal.aborted || !this.#options.isCurrent();
  }

  get viewers(): number {
    return this.#viewings.size;
  }

  get skips(): number {
    return [...this.#viewings.values()].reduce((sum, { skips }) => sum + skips, this.#skipsOfGone);
  }

  /** Keeps the stream going for a while without viewers. */
  want(): void {
    this.#lastWantedAt = this.#options.clock.now();
  }

  /** Resolves after the last message to the viewer. */
  async watch(viewer: LiveViewer): Promise<void> {
    const viewing = new Viewing(viewer, this.#options.maxBufferedBytes);
    this.#viewings.set(viewer, viewing);
    viewing.send(this.#kept, this.#muxer.epochMs);
    await viewing.over;
    this.#viewings.delete(viewer);
    this.#skipsOfGone += viewing.skips;
    this.want();
  }

  skip(viewer: LiveViewer): void {
    const viewing = this.#viewings.get(viewer);
    viewing?.restart();
    viewing?.send(this.#kept, this.#muxer.epochMs);
  }

  end(reason: string): void {
    this.#life.end(new StreamEndedError(reason));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end('the server is stopping');
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#life;
    const looking = this.#look(signal);
    const failure = await this.#play(signal).catch((error: unknown) => error);
    this.#isOver = true;
    const cause: unknown = signal.aborted ? signal.reason : failure;
    const told = cause instanceof StreamEndedError;
    for (const viewing of this.#viewings.values()) {
      viewing.end(told ? cause.message : 'something went wrong on the server');
    }
    const { log } = this.#options;
    if (told) log.debug('live stream ended', { cause: describeError(cause) });
    else log.warn('live stream ended', { cause: describeError(cause) });
    this.#life[Symbol.dispose]();
    await looking;
  }

  async #play(signal: AbortSignal): Promise<void> {
    const { url, clock, program, mayTranscode } = this.#options;
    const sink = this.#sink();
    const encoding = await playH264({ url, sink, clock, signal });
    if (signal.aborted) return;
    if (this.#viewings.size === 0) throw new StreamEndedError('nobody watches');
    if (!mayTranscode()) {
      throw new StreamEndedError(
        `too many cameras are watched whose ${encoding} must be converted`,
      );
    }
    this.isTranscoded = true;
    await transcode({ url, sink, program, signal });
  }

  #sink(): PictureSink {
    const { clock, lateMs } = this.#options;
    return {
      describe: (parameterSets) => this.#muxer.describe(parameterSets),
      lost: () => this.#muxer.lose(),
      unit: (unit) => {
        const nowMs = clock.now();
        const takenAtMs = clock.wallNow() - lateMs();
        const picture = this.#muxer.push(unit, { nowMs, takenAtMs });
        if (picture === undefined) return;
        this.#lastPictureAt = nowMs;
        this.#kept.add(picture);
        for (const viewing of this.#viewings.values()) {
          viewing.send(this.#kept, this.#muxer.epochMs);
        }
      },
    };
  }

  /** Ends the stream when there are no viewers or no pictures, or the relay has changed. */
  async #look(signal: AbortSignal): Promise<void> {
    const { clock, isCurrent, pausedWhy, lingerMs, silentAfterMs } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(lookEachMs, signal);
      const now = clock.now();
      const paused = pausedWhy();
      if (paused !== undefined) this.end(paused);
      else if (!isCurrent()) this.end('the camera was disconnected');
      else if (now - this.#lastPictureAt > silentAfterMs) {
        this.end(`no picture came for ${silentAfterMs / 1000} s`);
      } else if (this.#viewings.size === 0 && now - this.#lastWantedAt > lingerMs) {
        this.end('nobody watches');
      }
    }
  }
}
