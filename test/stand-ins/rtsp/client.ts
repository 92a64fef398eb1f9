import type { Socket } from 'node:net';
import type { Digest } from './digest.ts';
import { renumbered, stampPacket } from './frame-stamp.ts';
import { type OddSound, oddPacket } from './odd-sound.ts';
import { RtspReader, type RtspMessage } from './reader.ts';
import type { Packet, Track } from './source.ts';

/** What a client sees of the camera. */
export interface Served {
  readonly tracks: readonly Track[];
  readonly paths: readonly string[];
  readonly digest: Digest | undefined;
  /** A connection ends that asks nothing for so long. */
  readonly sessionSeconds: number;
  /** Requests get no answer. */
  readonly silent: boolean;
  readonly frozen: boolean;
  /** Each picture is sent with a stamp. */
  readonly stamped: boolean;
  readonly oddSound: OddSound | undefined;
  /** A client has begun to play. */
  onPlay(client: RtspClient): void;
}

const maxQueuedBytes = 2_000_000;

/** One RTSP connection (RFC 2326) to the camera. */
export class RtspClient {
  readonly socket: Socket;
  readonly #camera: Served;
  readonly #reader = new RtspReader();
  /** Per track: the interleaved channel of its RTP, once set up. */
  readonly #channels: (number | undefined)[] = [];
  /** Per track: a client begins with a whole access unit and a sender report. */
  readonly #waiting: boolean[] = [];
  /** What came while the camera was frozen. */
  readonly #unread: Buffer[] = [];
  #playing = false;
  #playedAtMs = 0;
  readonly #session: NodeJS.Timeout;
  readonly #number: number;
  /** Of the stamped stream. */
  #sequence = 0;
  #stampedPicture = 0;
  /** Each picture that was sent whole, by its number, with the time; kept if pictures are stamped. */
  readonly sentPictures = new Map<number, number>();
  /** Access units of video sent to this client. */
  framesSent = 0;

  constructor(socket: Socket, camera: Served, number: number) {
    this.socket = socket;
    this.#number = number;
    this.#camera = camera;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#session = setTimeout(() => socket.destroy(), camera.sessionSeconds * 1_000);
    socket.once('close', () => clearTimeout(this.#session));
  }

  get playing(): boolean {
    return this.#playing;
  }

  /** Reads what came while the camera was frozen. */
  thaw(): void {
    for (const chunk of this.#unread.splice(0)) this.#receive(chunk);
  }

  /** Begins anew with a whole access unit, after packets were left out. */
  skipToNextPicture(): void {
    this.#waiting.fill(true);
  }

  send(packets: readonly Packet[]): void {
    if (!this.#playing) return;
    // As a camera does: what a slow network won't take is lost.
    if (this.socket.writableLength > maxQueuedBytes) return this.skipToNextPicture();
    this.socket.cork();
    for (const packet of packets) this.#sendPacket(packet);
    this.socket.uncork();
  }

  #sendPacket(packet: Packet): void {
    const { track: number, rtcp, marker } = packet;
    const channel = this.#channels[number];
    const track = this.#camera.tracks[number];
    if (channel === undefined || track === undefined) return;
    const playedMs = performance.now() - this.#playedAtMs;
    const frame =
      track.kind === 'video' ? packet.frame : oddPacket(this.#camera.oddSound, packet, playedMs);
    if (frame === undefined) return;
    if (this.#waiting[number]) {
      if (rtcp || (track.kind === 'video' && !marker)) return;
      this.#waiting[number] = false;
      if (track.senderReport !== undefined) this.#write(track.senderReport, channel + 1);
      if (track.kind === 'video') return;
    }
    if (this.#camera.stamped && track.kind === 'video' && !rtcp) this.#stamped(packet, channel);
    else this.#write(frame, rtcp ? channel + 1 : channel);
    if (marker && track.kind === 'video') this.framesSent += 1;
  }

  /** The packets of a stamped stream are more than those of the source, and counted anew. */
  #stamped({ frame, picture, marker }: Packet, channel: number): void {
    const sentMs = Date.now();
    if (picture !== this.#stampedPicture) {
      this.#stampedPicture = picture;
      const stamp = stampPacket(frame, { connection: this.#number, picture, sentMs });
      this.#write(renumbered(stamp, this.#sequence++), channel);
    }
    this.#write(renumbered(frame, this.#sequence++), channel);
    if (marker) this.sentPictures.set(picture, sentMs);
  }

  #write(frame: Buffer, channel: number): void {
    if (frame[1] === channel) {
      this.socket.write(frame);
      return;
    }
    const copy = Buffer.from(frame);
    copy[1] = channel;
    this.socket.write(copy);
  }

  #receive(chunk: Buffer): void {
    if (this.#camera.frozen) {
      this.#unread.push(chunk);
      return;
    }
    try {
      for (const message of this.#reader.push(chunk).messages) {
        if (!this.#camera.silent) this.#answer(message);
      }
    } catch {
      this.socket.destroy();
    }
  }

  #answer({ startLine, headers }: RtspMessage): void {
    const [method = '', url = ''] = startLine.split(' ');
    this.#session.refresh();
    const reply = (status: string, lines: readonly string[] = [], body = ''): void => {
      const head = [`RTSP/1.0 ${status}`, `CSeq: ${headers.get('cseq') ?? 0}`, ...lines];
      this.socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    };
    if (/^rtsp:\/\/[^/]*@/.test(url)) return reply('400 Bad Request');
    if (method === 'OPTIONS') {
      return reply('200 OK', [
        'Public: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER',
      ]);
    }
    const { digest } = this.#camera;
    if (digest !== undefined && !digest.accepts(method, headers.get('authorization'))) {
      return reply('401 Unauthorized', [`WWW-Authenticate: ${digest.challenge}`]);
    }
    const session = [`Session: 1;timeout=${this.#camera.sessionSeconds}`];
    switch (method) {
      case 'DESCRIBE':
        return this.#describe(url, reply);
      case 'SETUP':
        return this.#setup(url, headers.get('transport') ?? '', reply);
      case 'PLAY':
        this.skipToNextPicture();
        this.#playing = true;
        this.#playedAtMs = performance.now();
        reply('200 OK', [...session, 'Range: npt=0.000-']);
        return this.#camera.onPlay(this);
      case 'PAUSE':
        this.#playing = false;
        return reply('200 OK', session);
      case 'TEARDOWN':
        this.#playing = false;
        this.#channels.length = 0;
        return reply('200 OK');
      case 'GET_PARAMETER':
      case 'SET_PARAMETER':
        return reply('200 OK', session);
      default:
        return reply('405 Method Not Allowed');
    }
  }

  #describe(url: string, reply: (status: string, lines: string[], body: string) => void): void {
    const path = URL.parse(url)?.pathname.replace(/^\/|\/$/g, '') ?? '';
    if (!this.#camera.paths.includes(path)) return reply('404 Stream Not Found', [], '');
    const sdp = [
      'v=0',
      'o=- 1 1 IN IP4 0.0.0.0',
      's=stand-in camera',
      't=0 0',
      'c=IN IP4 0.0.0.0',
      'a=control:*',
      'a=range:npt=now-',
      ...this.#camera.tracks.flatMap((track, n) => [...track.sdp, `a=control:track${n + 1}`]),
      '',
    ].join('\r\n');
    const lines = [
      `Content-Base: ${url.replace(/\/$/, '')}/`,
      'Content-Type: application/sdp',
      `Content-Length: ${Buffer.byteLength(sdp)}`,
    ];
    reply('200 OK', lines, sdp);
  }

  #setup(url: string, transport: string, reply: (status: string, lines?: string[]) => void): void {
    const number = Number(/track(\d+)\/?$/.exec(url)?.[1] ?? 0) - 1;
    if (this.#camera.tracks[number] === undefined) return reply('404 Stream Not Found');
    const wanted = transport.split(',').find((offer) => offer.startsWith('RTP/AVP/TCP'));
    if (wanted === undefined) return reply('461 Unsupported Transport');
    const channel = Number(/interleaved=(\d+)/.exec(wanted)?.[1] ?? 2 * number);
    this.#channels[number] = channel;
    this.#waiting[number] = true;
    reply('200 OK', [
      `Transport: RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`,
      `Session: 1;timeout=${this.#camera.sessionSeconds}`,
    ]);
  }
}
