import { randomBytes } from 'node:crypto';
import { type PlayerDescription, rewriteDescription } from './description.ts';
import type { Frame } from '../media/rtsp/message.ts';
import type { ViewedPlace } from './place.ts';
import { RtspClient } from '../media/rtsp/client.ts';
import { isRtcp } from './rtcp.ts';

export interface ViewingOptions {
  readonly place: ViewedPlace;
  readonly relayUrl: string;
  /** Takes bytes for the viewer: whole frames. */
  readonly write: (frames: Buffer) => void;
  readonly onGone: (reason: string) => void;
  readonly now: () => number;
}

/** Frames that came while the answer to PLAY was on its way, at most. */
const maxHeldBytes = 512 * 1024;
const keepAliveMs = 25_000;

/** One viewer and one camera: from DESCRIBE or SETUP to TEARDOWN. */
export class PlayerSession implements AsyncDisposable {
  readonly id = randomBytes(12).toString('hex');
  readonly place: ViewedPlace;
  readonly #options: ViewingOptions;
  readonly #relay: RtspClient;
  /** The viewer's channel by the relay's. */
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
        // Before that, open() tells.
        if (this.#description !== undefined) options.onGone(reason);
      },
    });
  }

  /** Rejects when the relay can't be reached or has no stream. */
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

  /** Whether there is a track N, from 1, that is not set up. */
  canSetUp(track: number): boolean {
    const count = this.#description?.controls.length ?? 0;
    return track <= count && this.#channels[2 * track - 2] === undefined;
  }

  /** @returns the channels, or undefined if the player has those that it asks for in use already */
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
   * Starts the stream, or starts it again. What comes is held back until {@link release}, so that the
   * answer to PLAY goes first.
   *
   * @returns the RTP-Info header's value, for the tracks of which the relay gives it
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

  /** The relay goes on sending, since it has other viewers: what comes for this one is thrown away. */
  pause(): void {
    this.state = 'paused';
  }

  /** A frame that the viewer sent. */
  receive({ channel, bytes }: Frame): void {
    const at = this.#channels.indexOf(channel);
    if (at % 2 === 1 && isRtcp(bytes.subarray(4)))
      this.#relay.report((at - 1) / 2, bytes.subarray(4));
  }

  /** Milliseconds without media, while there should be some. */
  silentMs(now: number): number {
    return this.state === 'playing' || this.state === 'paused' ? now - this.#lastMediaAt : 0;
  }

  /** To be called every second or so. */
  keepAlive(now: number): void {
    if (now - this.#keptAliveAt < keepAliveMs || this.state === 'describing') return;
    this.#keptAliveAt = now;
    // That it failed is told by onGone.
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
    // Frames that came together lie side by side in memory, and can go out in one write.
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
