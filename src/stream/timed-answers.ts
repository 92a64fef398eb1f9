import type { Clock } from '../lib/clock.ts';
import { formatMessage, type Frame, MessageReader, type Response } from '../media/rtsp/message.ts';
import { packetOf, readRtp, senderReport, setTimestamp } from '../media/rtsp/rtp.ts';
import { type MediaDescription, readSdp } from '../media/sdp.ts';
import type { CameraLine, TrackKind } from './camera-line.ts';
import { PicturePace } from './picture-pace.ts';
import { TrackTimes } from './track-times.ts';

/** CSeq of a request that is not the reader's. */
const ownRequest = '99999999';
/** Not 0, which some readers take for unknown. */
const firstTimestamp = 1 << 20;
/** A reader that adds up 32 bits of a clock of 90 kHz is wrong after six hours without a report. */
const reportEachMs = 60_000;

/** What is known of what comes from the camera. */
export type TimedLine = Pick<CameraLine, 'clock'> & Partial<Pick<CameraLine, 'problems'>>;

interface TimedTrack {
  readonly kind: TrackKind;
  readonly ticksPerSecond: number;
  readonly times: TrackTimes;
}

/**
 * Rewrites what a relay sends to one reader, so that the reader dates pictures as they were taken: the
 * Range of the answer to PLAY and the sender reports name an epoch, from which all RTP timestamps count
 * (RFC 2326 section 12.29, RFC 3550 section 6.4.1).
 */
export class TimedAnswers {
  readonly #line: TimedLine;
  readonly #clock: Clock;
  readonly #requests = new MessageReader();
  readonly #answers = new MessageReader();
  /** Methods of the requests that wait for an answer, by their CSeq. */
  readonly #asked = new Map<string, string>();
  /** Of the reader's first SETUP. */
  #firstTrackUrl: string | undefined;
  #session: string | undefined;
  /** A channel with sound that the reader didn't ask for, and isn't given. */
  #unaskedChannel: number | undefined;
  #streams: readonly MediaDescription[] = [];
  /** The RTP channels that are set up, and what comes in them. */
  readonly #tracks = new Map<number, TimedTrack | undefined>();
  /** Whole seconds since 1970 UTC; 0 before the reader plays. */
  #epoch = 0;
  #reportedAtMs = 0;
  /** When the newest picture that went through was taken: milliseconds since 1970 UTC. */
  lastPictureAtMs: number | undefined;
  readonly pace = new PicturePace();
  /** Whether any sound went through. */
  hasSound = false;

  constructor(line: TimedLine, clock: Clock) {
    this.#line = line;
    this.#clock = clock;
  }

  /**
   * Takes note of what the reader asks.
   *
   * @returns what to send to the relay before it. @throws {ProtocolError} it doesn't speak RTSP
   */
  asks(chunk: Buffer): Buffer[] {
    const before: Buffer[] = [];
    for (const message of this.#requests.read(chunk)) {
      if (message.kind !== 'request') continue;
      this.#asked.set(message.headers.get('cseq') ?? '', message.method);
      if (message.method === 'SETUP') this.#firstTrackUrl ??= message.url;
      if (message.method === 'PLAY') before.push(...this.#askForSound());
    }
    return before;
  }

  /**
   * Sound is asked for even if the reader wants none, so that it is known when some comes; a relay that
   * had a reader of it before goes on getting it from the camera, and floods its log if nobody reads it.
   */
  #askForSound(): Buffer[] {
    const index = this.#streams.findIndex(({ kind }) => kind === 'audio');
    const control = this.#streams[index]?.control;
    const first = this.#streams.find(({ kind }) => kind === 'video')?.control;
    const channel = 2 * index;
    const url = this.#firstTrackUrl;
    const isAsked = this.#tracks.size !== 1 || this.#tracks.has(channel);
    if (isAsked || control === undefined || first === undefined || !url?.endsWith(first)) return [];
    this.#unaskedChannel = channel;
    return [
      formatMessage(`SETUP ${url.slice(0, -first.length)}${control} RTSP/1.0`, [
        ['CSeq', ownRequest],
        ['Session', this.#session ?? ''],
        ['Transport', `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`],
      ]),
    ];
  }

  /** @returns what to send to the reader instead. @throws {ProtocolError} the relay doesn't speak RTSP */
  rewrite(chunk: Buffer): Buffer[] {
    const out: Buffer[] = [];
    if (this.#epoch > 0 && this.#clock.now() - this.#reportedAtMs > reportEachMs) {
      out.push(...this.#reports());
    }
    for (const message of this.#answers.read(chunk)) {
      if (message.kind === 'response') out.push(...this.#answer(message));
      // The relay's own reports, which name its time, are left out.
      else if (message.kind === 'frame' && this.#date(message)) out.push(message.bytes);
    }
    return out;
  }

  #answer(response: Response): Buffer[] {
    const { status, headers, body } = response;
    const cseq = headers.get('cseq') ?? '';
    if (cseq === ownRequest) return [];
    this.#session ??= /^[^;]+/.exec(headers.get('session') ?? '')?.[0];
    const method = status === 200 ? this.#asked.get(cseq) : undefined;
    this.#asked.delete(cseq);
    const kept = new Map(headers);
    kept.delete('content-length');
    if (method === 'DESCRIBE') this.#streams = readSdp(body);
    if (method === 'SETUP') {
      const channel = /;interleaved=(\d{1,3})-/.exec(headers.get('transport') ?? '')?.[1];
      if (channel !== undefined) this.#tracks.set(Number(channel), undefined);
    }
    const reports: Buffer[] = [];
    if (method === 'PLAY') {
      this.#epoch = Math.floor(this.#clock.wallNow() / 1_000);
      kept.set('range', `npt=${this.#epoch}.000-`);
      kept.delete('rtp-info');
      // Before the first packet, as readers count from the first that tells a time.
      reports.push(...this.#reports());
    }
    const start = `RTSP/1.0 ${status} ${status === 200 ? 'OK' : 'Error'}`;
    return [formatMessage(start, [...kept], body), ...reports];
  }

  /** Dates a frame's packet in place. @returns false if it is none */
  #date(frame: Frame): boolean {
    const packet = packetOf(frame);
    const rtp = readRtp(packet);
    if (rtp === undefined) return false;
    if (frame.channel === this.#unaskedChannel) {
      this.hasSound = true;
      return false;
    }
    const track = this.#trackOf(frame.channel, rtp.payloadType);
    const nowMs = this.#clock.now();
    const takenMs =
      track.times.place(rtp.timestamp, nowMs, this.#line.clock(track.kind)) +
      (this.#clock.wallNow() - nowMs);
    if (track.kind === 'audio') this.hasSound = true;
    else if (this.#line.problems?.pictures !== undefined) return false;
    else {
      this.lastPictureAtMs = takenMs;
      this.pace.note(rtp.timestamp, nowMs);
    }
    const ticks = ((takenMs - this.#epoch * 1_000) * track.ticksPerSecond) / 1_000;
    setTimestamp(packet, (firstTimestamp + Math.round(ticks)) % 2 ** 32);
    return true;
  }

  #trackOf(channel: number, payloadType: number): TimedTrack {
    const known = this.#tracks.get(channel);
    if (known !== undefined) return known;
    const stream = this.#streams.find((one) => one.payloadType === payloadType);
    const ticksPerSecond = stream?.ticksPerSecond ?? 90_000;
    const track: TimedTrack = {
      kind: stream?.kind === 'audio' ? 'audio' : 'video',
      ticksPerSecond,
      times: new TrackTimes(ticksPerSecond),
    };
    this.#tracks.set(channel, track);
    return track;
  }

  /** A report for each track. */
  #reports(): Buffer[] {
    const seconds = Math.floor(this.#clock.wallNow() / 1_000);
    this.#reportedAtMs = this.#clock.now();
    return [...this.#tracks].map(([channel, track]) => {
      const ticks = (seconds - this.#epoch) * (track?.ticksPerSecond ?? 0);
      const timestamp = (firstTimestamp + ticks) % 2 ** 32;
      return senderReport({ channel: channel + 1, source: channel, seconds, timestamp });
    });
  }
}
