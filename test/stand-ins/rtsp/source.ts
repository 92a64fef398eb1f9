import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../../../src/lib/child.ts';
import { within } from '../../../src/lib/until.ts';
import {
  type AudioCodec,
  clockPicture,
  encodeClip,
  loopedClip,
  type Picture,
  publishArguments,
} from './encoder.ts';
import { RtspReader } from './reader.ts';

/** One RTP or RTCP packet of the source. */
export interface Packet {
  /** Index of the track in the SDP. */
  readonly track: number;
  readonly rtcp: boolean;
  /** RTP: the last packet of its access unit. */
  readonly marker: boolean;
  /** Number of the access unit that it belongs to, since the start. Video only. */
  readonly picture: number;
  /** An interleaved frame on channel 2 * track + (rtcp ? 1 : 0). */
  readonly frame: Buffer;
}

export interface Track {
  readonly kind: 'video' | 'audio';
  /** The m= line and what follows of it, without a=control. */
  readonly sdp: readonly string[];
  /** The newest RTCP sender report, as an interleaved frame. */
  senderReport: Buffer | undefined;
}

export interface SourceOptions extends Picture {
  readonly audio: AudioCodec | undefined;
  readonly clock: boolean;
  readonly onPackets: (packets: readonly Packet[]) => void;
}

/** ffmpeg, publishing over RTSP to a private port of ours; we hand its packets on. */
export class MediaSource implements AsyncDisposable {
  readonly #onPackets: SourceOptions['onPackets'];
  readonly #firstPicture = Promise.withResolvers<void>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #encoder: Child | undefined;
  #directory: string | undefined;
  #picture = 1;
  tracks: Track[] = [];

  private constructor(options: SourceOptions) {
    this.#onPackets = options.onPackets;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** Resolves when the first picture is there. */
  static async start(options: SourceOptions): Promise<MediaSource> {
    const source = new MediaSource(options);
    try {
      await source.#start(options);
      return source;
    } catch (error) {
      await source[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#encoder?.pid ?? 0;
  }

  /** Rejects when ffmpeg died. */
  async ended(signal: AbortSignal): Promise<void> {
    await this.#encoder?.ended(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#encoder?.stop('SIGKILL');
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#removeClip();
  }

  async #removeClip(): Promise<void> {
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }

  async #start(options: SourceOptions): Promise<void> {
    const { clock, audio } = options;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    let input = clockPicture(options);
    if (!clock) {
      this.#directory = await mkdtemp(join(tmpdir(), 'rtsp-camera-'));
      const clip = join(this.#directory, 'clip.mp4');
      await encodeClip(options, clip);
      input = loopedClip(clip);
    }
    const target = `rtsp://127.0.0.1:${port}/publish`;
    const args = publishArguments({ picture: options, audio, input, encodeVideo: clock, target });
    const encoder = new Child({ name: 'encoder', file: 'ffmpeg', args });
    this.#encoder = encoder;
    await within(60_000, 'the first picture', new AbortController().signal, (signal) =>
      Promise.race([this.#firstPicture.promise, encoder.ended(signal)]),
    );
    // ffmpeg has the clip open: nothing is left of it, however we end.
    await this.#removeClip();
  }

  #serve(socket: Socket): void {
    const reader = new RtspReader();
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      const { messages, frames } = reader.push(chunk);
      for (const { startLine, headers, body } of messages) {
        if (startLine.startsWith('ANNOUNCE ')) this.tracks = parseTracks(body);
        const transport = headers.get('transport');
        socket.write(
          `RTSP/1.0 200 OK\r\nCSeq: ${headers.get('cseq')}\r\nPublic: ANNOUNCE, SETUP, RECORD\r\nSession: 1\r\n${transport === undefined ? '' : `Transport: ${transport}\r\n`}\r\n`,
        );
      }
      if (frames.length === 0) return;
      this.#onPackets(frames.flatMap(({ channel, frame }) => this.#packet(channel, frame)));
    });
  }

  #packet(channel: number, frame: Buffer): Packet[] {
    const number = channel >> 1;
    const rtcp = (channel & 1) === 1;
    const track = this.tracks[number];
    if (track === undefined || frame.length < 12) return [];
    if (rtcp) {
      if (frame[5] === 200) track.senderReport = frame;
    } else if (track.kind === 'video') {
      this.#firstPicture.resolve();
    }
    const marker = !rtcp && ((frame[5] ?? 0) & 0x80) !== 0;
    const packet = { track: number, rtcp, marker, picture: this.#picture, frame };
    if (marker && track.kind === 'video') this.#picture += 1;
    return [packet];
  }
}

function parseTracks(sdp: string): Track[] {
  return sdp
    .split(/^(?=m=)/m)
    .slice(1)
    .map((section) => ({
      kind: section.startsWith('m=video') ? 'video' : 'audio',
      sdp: section.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('a=control')),
      senderReport: undefined,
    }));
}
