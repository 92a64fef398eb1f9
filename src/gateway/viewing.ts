import { randomBytes } from 'node:crypto';
import { type PlayerDescription, rewriteDescription } from './description.ts';
import type { Frame } from '../media/rtsp/message.ts';
import type { ViewedPlace } from './place.ts';
import { RtspClient } from '../media/rtsp/client.ts';
import { isRtcp } from './rtcp.ts';

export interface ViewingOptions {
  readonly place: ViewedPlace;
  readonly relayUrl: string;
  /** Sends whole frames to the viewer. */
  readonly write: (frames: Buffer) => void;
  readonly onGone: (reason: string) => void;
  readonly now: () => number;
}

/** Limit of the frames held back until the answer to PLAY has been written. */
const maxHeldBytes = 512 * 1024;
const keepAliveMs = 25_000;

/** One viewer's session with one camera: from DESCRIBE or SETUP to TEARDOWN. */
export class PlayerSession implements AsyncDisposable {
  readonly id = randomBytes(12).toString('hex');
  readonly place: ViewedPlace;
  readonly #options: ViewingOptions;
  readonly #relay: RtspClient;
  /** The viewer's channel for each channel of the relay. */
  readonly #channels: (number | undefined)[] = [];
  #description: PlayerDescription | undefined;
  #run: Buffer | undefined;
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  #lastMediaAt: number;
  #keptAliveAt: number;
  state: 'describing' | 'ready' | 'playing' | 'paused' = 'describing';

  private constructor(options: ViewingOptions) {
    this.place = options.place;
    this.#options = options;
    this.#lastMediaAt = options.now();
    this.#keptAliveAt = options.now();
    this.#relay = new RtspClient(options.relayUrl, {
      onFrame: (frame) => this.#pass(frame),
      onFrames: () => this.#flush(),
      onGone: (reason) => {
        // Before that, open() rejects.
        if (this.#description !== undefined) options.onGone(reason);
      },
    });
  }

  /** Rejects if the relay can't be reached or has no stream. */
  static async open(options: ViewingOptions): Promise<PlayerSession> {
    const viewing = new PlayerSession(options);
    try {
      const { account, camera } = options.place;
      const sdp = await viewing.#relay.describe();
      viewing.#description = rewriteDescription(sdp, `${account}/${camera}`);
      viewing.#relay.controls = viewing.#description.controls;
      return viewing;
    } catch (error) {
      await viewing[Symbol.asyncDispose]();
      throw error;
    }
  }

  get sdp(): string {
    return this.#description?.sdp ?? '';
  }

  /** Whether a track, counted from 1, exists and is not set up. */
  canSetUp(track: number): boolean {
    const count = this.#description?.controls.length ?? 0;
    return track <= count && this.#channels[2 * track - 2] === undefined;
  }

  /** @returns the channels, or undefined if the player already uses those that it wants */
  async setUp(
    track: number,
    wish: readonly [number, number] | undefined,
  ): Promise<readonly [number, number] | undefined> {
    const taken = new Set(this.#channels.filter((channel) => channel !== undefined));
    let first = 0;
    while (taken.has(first) || taken.has(first + 1)) first += 2;
    const channels = wish ?? ([first, first + 1] as const);
    if (channels.some((channel) => taken.has(channel))) return undefined;
    await this.#relay.setUp(track - 1);
    this.#channels[2 * track - 2] = channels[0];
    this.#channels[2 * track - 1] = channels[1];
    this.state = 'ready';
    return channels;
  }

  /**
   * Starts or resumes the stream. Frames are held back until {@link release}, so that the answer to
   * PLAY goes first.
   *
   * @returns the value of the RTP-Info header, for those tracks for which the relay gives it
   */
  async play(): Promise<string> {
    this.#held = [];
    this.#heldBytes = 0;
    const starts = await this.#relay.play();
    this.#lastMediaAt = this.#options.now();
    return starts
      .filter(({ track }) => this.#channels[2 * track] !== undefined)
      .map(({ track, sequence, time }) => {
        return `url=${this.place.url}/track${track + 1};seq=${sequence};rtptime=${time}`;
      })
      .join(',');
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.state = 'playing';
    for (const frames of held) this.#options.write(frames);
  }

  /** Discards frames from now on. The relay goes on sending, since it has other viewers. */
  pause(): void {
    this.state = 'paused';
  }

  /** Takes a frame from the viewer: passes RTCP on to the relay, ignores the rest. */
  receive({ channel, bytes }: Frame): void {
    const at = this.#channels.indexOf(channel);
    if (at % 2 === 1 && isRtcp(bytes.subarray(4)))
      this.#relay.report((at - 1) / 2, bytes.subarray(4));
  }

  /** Milliseconds without media; 0 while none is expected. */
  silentMs(now: number): number {
    return this.state === 'playing' || this.state === 'paused' ? now - this.#lastMediaAt : 0;
  }

  /** Keeps the relay's session alive. Call it about every second. */
  keepAlive(now: number): void {
    if (now - this.#keptAliveAt < keepAliveMs || this.state === 'describing') return;
    this.#keptAliveAt = now;
    // A failure is reported by onGone.
    this.#relay.keepAlive().catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay[Symbol.asyncDispose]();
  }

  #pass({ channel, bytes }: Frame): void {
    const media = channel % 2 === 0;
    if (media) this.#lastMediaAt = this.#options.now();
    const target = this.#channels[channel];
    if (target === undefined || (this.state !== 'playing' && this.#held === undefined)) return;
    bytes[1] = target;
    const run = this.#run;
    // Frames that arrived together are adjacent in memory and can be sent in one write.
    if (run?.buffer === bytes.buffer && run.byteOffset + run.length === bytes.byteOffset) {
      this.#run = Buffer.from(bytes.buffer, run.byteOffset, run.length + bytes.length);
    } else {
      this.#flush();
      this.#run = bytes;
    }
  }

  #flush(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run === undefined) return;
    if (this.#held === undefined) this.#options.write(run);
    else if ((this.#heldBytes += run.length) <= maxHeldBytes) this.#held.push(run);
  }
}
