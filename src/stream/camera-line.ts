import type { Message } from '../media/rtsp/message.ts';
import { packetOf, readRtp } from '../media/rtsp/rtp.ts';
import { readSdp } from '../media/sdp.ts';
import type { Clock } from '../lib/clock.ts';
import { type SlowLine, slowLineWords } from '../model/slow-line.ts';
import type { Echo } from '../tunnel/tunnel.ts';
import { CameraAnswers } from './camera-answers.ts';
import { LineRate } from './line-rate.ts';
import { MediaClock } from './media-clock.ts';

export type TrackKind = 'video' | 'audio';

/** Below this, pictures are not asked about: the network's own jitter. */
const jitterMs = 50;
/** An answer that comes this fast did not wait in a queue. */
const promptMs = 150;
/** What an answer may take less than a picture that came at the same time. */
const allowanceMs = 100;
/** How long answers must have been prompt before pictures count as late by their clock: what waited has come by then. */
const promptForMs = 4_000;
const askEachMs = 1_000;
const askAtLeastEachMs = 10_000;
/** What is later than this waits in a queue. */
const queueMs = 1_000;

const latelyMs = 20_000;
const noteEachMs = 1_000;
/** Longer than the longest segment takes. */
const notesKept = 900;

interface CameraTrack {
  readonly kind: TrackKind;
  readonly clock: MediaClock;
}

/** Takes what a camera says in one connection, as it comes. */
export interface LineWatcher {
  /** All bytes, before the messages that they complete. */
  hear(chunk: Buffer): void;
  take(message: Message): void;
  /** All messages of a chunk have been taken. */
  taken(): void;
  /** What the camera says can't be read. It is recorded all the same, dated by arrival. */
  lose(): void;
}

/**
 * The line from a camera to us, as its stream and the tunnel's answers tell: how late pictures come, and
 * how much of the stream the line carries. One for all connections of a tunnel to the camera's RTSP server.
 */
export class CameraLine {
  readonly #clock: Clock;
  readonly #echo: Echo;
  readonly #rate = new LineRate();
  readonly answers = new CameraAnswers();
  /** Of the newest connection, by payload type. */
  #tracks = new Map<number, CameraTrack>();
  #askedAtMs = -Infinity;
  /** Oldest first. */
  readonly #troubles: { readonly atMs: number; readonly lateMs: number; readonly words: string }[] =
    [];
  #promptSinceMs: number | undefined;

  constructor(clock: Clock, echo: Echo) {
    this.#clock = clock;
    this.#echo = echo;
  }

  /** For a new connection, whose tracks take the place of those before. */
  watch(): LineWatcher {
    const tracks = new Map<number, CameraTrack>();
    this.#tracks = tracks;
    return {
      hear: this.answers.watch(),
      take: (message) => this.#take(message, tracks),
      taken: () => this.#correct(tracks),
      lose: () => tracks.clear(),
    };
  }

  /** The clock of the first track of a kind, once something of it came. */
  clock(kind: TrackKind): MediaClock | undefined {
    for (const track of this.#tracks.values()) {
      if (track.kind === kind && track.clock.lateMs !== undefined) return track.clock;
    }
    return undefined;
  }

  /** How late the least late picture of the last seconds came; 0 if that can't be known. */
  get lateMs(): number {
    return this.clock('video')?.lateMs ?? 0;
  }

  /** What is wrong with the line now: pictures wait for it. Undefined if they don't. */
  get trouble(): SlowLine | undefined {
    const lateMs = Math.round(Math.max(this.lateMs, this.#echo.echoMs ?? 0));
    if (lateMs <= queueMs) return undefined;
    const rates = this.#rate.rates(this.#clock.now());
    return {
      lateMs,
      carried: rates && Math.round(rates.carried),
      sent: rates && Math.round(rates.sent),
    };
  }

  /** What was wrong with the line in the last seconds, in words. */
  lately(): string | undefined {
    const nowMs = this.#clock.wallNow();
    return this.between(nowMs - latelyMs, nowMs);
  }

  /**
   * What was wrong with the line while these pictures were under way, in words.
   *
   * @param fromMs milliseconds since 1970 UTC
   */
  between(fromMs: number, toMs: number): string | undefined {
    this.#note();
    return this.#troubles.findLast(
      ({ atMs, lateMs }) => atMs >= fromMs && atMs - lateMs <= toMs + noteEachMs,
    )?.words;
  }

  /** Keeps what is wrong, at most once a second. */
  #note(): void {
    const atMs = this.#clock.wallNow();
    if (atMs - (this.#troubles.at(-1)?.atMs ?? 0) < noteEachMs) return;
    const { trouble } = this;
    if (trouble === undefined) return;
    this.#troubles.push({ atMs, lateMs: trouble.lateMs, words: slowLineWords(trouble) });
    if (this.#troubles.length > notesKept) this.#troubles.shift();
  }

  #take(message: Message, tracks: Map<number, CameraTrack>): void {
    if (message.kind === 'response' && message.body.startsWith('v=0')) {
      for (const { kind, payloadType, ticksPerSecond } of readSdp(message.body)) {
        if (kind !== 'video' && kind !== 'audio') continue;
        tracks.set(payloadType, { kind, clock: new MediaClock(ticksPerSecond) });
      }
    }
    if (message.kind !== 'frame') return;
    const rtp = readRtp(packetOf(message));
    const track = rtp && tracks.get(rtp.payloadType);
    if (rtp === undefined || track === undefined) return;
    const nowMs = this.#clock.now();
    const takenMs = track.clock.place(rtp.timestamp, nowMs, this.#echo.echoMs);
    if (track.kind === 'video') this.#rate.note(message.bytes.length, takenMs, nowMs);
  }

  /** Asks the line whether what is late waited in it, and corrects the clocks if not. */
  #correct(tracks: ReadonlyMap<number, CameraTrack>): void {
    const nowMs = this.#clock.now();
    let late = 0;
    for (const { clock } of tracks.values()) late = Math.max(late, clock.lateMs ?? 0);
    const askAfterMs = late > jitterMs ? askEachMs : askAtLeastEachMs;
    if (nowMs - this.#askedAtMs >= askAfterMs) {
      this.#askedAtMs = nowMs;
      this.#echo.ask();
    }
    this.#note();
    const { echoMs } = this.#echo;
    if (echoMs === undefined || echoMs > promptMs) this.#promptSinceMs = undefined;
    else this.#promptSinceMs ??= nowMs;
    const promptForNowMs = nowMs - (this.#promptSinceMs ?? nowMs);
    if (late <= allowanceMs || echoMs === undefined || promptForNowMs < promptForMs) return;
    for (const { clock } of tracks.values()) clock.mayBeLate(echoMs + allowanceMs);
  }
}
