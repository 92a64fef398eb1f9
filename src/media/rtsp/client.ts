import { connect, type Socket } from 'node:net';
import { describeError } from '../../lib/errors.ts';
import { formatMessage, type Frame, MessageReader, type Response } from './message.ts';

export interface RtspEvents {
  /** A frame of a track; the receiver may change its bytes. */
  onFrame(frame: Frame): void;
  /** All frames of the received chunk have been passed to onFrame. */
  onFrames(): void;
  /** The connection failed or ended. Not called after the client was disposed of. */
  onGone(reason: string): void;
}

/** A track's RTP-Info, which a player needs to use the first packet (RFC 2326 section 12.33). */
export interface TrackStart {
  /** Index of the track, from 0. */
  readonly track: number;
  readonly sequence: string;
  readonly time: string;
}

/** The server refused a request, or did not answer it. */
export class RtspRefusalError extends Error {
  override name = 'RtspRefusalError';
  /** Status of the answer (RFC 2326 section 7.1.1); undefined if there was none. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

type Headers = readonly (readonly [name: string, value: string])[];

const answerWithinMs = 5_000;
const closeWithinMs = 1_000;
/** Limit on bytes queued for the server: RTCP reports are only a few bytes a second. */
const maxUpstreamBytes = 16 * 1024;

/**
 * A player's connection to an RTSP server. Composes all requests itself: from the user of this class, only
 * whole RTCP packets are forwarded. Track N (from 0) has the channels 2N and 2N + 1.
 */
export class RtspClient implements AsyncDisposable {
  readonly #url: string;
  readonly #events: RtspEvents;
  readonly #socket: Socket;
  readonly #reader = new MessageReader();
  readonly #closed: Promise<void>;
  #cseq = 0;
  #waiting: { cseq: string; done: PromiseWithResolvers<Response> } | undefined;
  /** Settles when the previous request has been answered. */
  #turn: Promise<unknown> = Promise.resolve();
  #controls: readonly string[] = [];
  #session: string | undefined;
  #failure: string | undefined;
  #disposed = false;

  /** @param url rtsp://127.0.0.1:PORT/NAME; the server must need no password */
  constructor(url: string, events: RtspEvents) {
    this.#url = url;
    this.#events = events;
    const { hostname, port } = new URL(url);
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.#gone('the server closed the connection');
        resolve();
      });
    });
    this.#socket.on('error', (error) => this.#gone(describeError(error)));
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  /** The stream's session description. */
  async describe(): Promise<string> {
    return (await this.#request('DESCRIBE', this.#url, [['Accept', 'application/sdp']])).body;
  }

  /** Sets the names of the tracks, in their order. */
  set controls(controls: readonly string[]) {
    this.#controls = controls;
  }

  async setUp(track: number): Promise<void> {
    const url = `${this.#url}/${this.#controls[track]}`;
    const { headers } = await this.#request('SETUP', url, [
      ['Transport', `RTP/AVP/TCP;unicast;interleaved=${2 * track}-${2 * track + 1}`],
    ]);
    const [, session] = /^([\w.+$-]{1,128})(?:;|$)/.exec(headers.get('session') ?? '') ?? [];
    const channels = /;interleaved=(\d+)-(\d+)/.exec(headers.get('transport') ?? '')?.slice(1);
    if (session === undefined || channels?.join() !== `${2 * track},${2 * track + 1}`) {
      throw new RtspRefusalError('the server set up another transport than it was asked for');
    }
    this.#session = session;
  }

  /** Starts the tracks that are set up; if they already play, only returns their positions. */
  async play(): Promise<TrackStart[]> {
    const { headers } = await this.#request('PLAY', this.#url, [['Range', 'npt=0.000-']]);
    const found: TrackStart[] = [];
    for (const text of (headers.get('rtp-info') ?? '').split(',')) {
      const [, url = '', sequence = '', time = ''] =
        /^ *url=([^;]*);seq=(\d{1,5});rtptime=(\d{1,10})$/.exec(text) ?? [];
      const track = this.#controls.indexOf(url.slice(url.lastIndexOf('/') + 1));
      if (track >= 0) found.push({ track, sequence, time });
    }
    return found;
  }

  /** Keeps the session alive: live555 servers stop sending to players that are silent for 65 s. */
  async keepAlive(): Promise<void> {
    await this.#request('GET_PARAMETER', this.#url, []);
  }

  /** Sends a player's RTCP packet for a track; drops it if too much is queued. */
  report(track: number, packet: Buffer): void {
    if (this.#socket.destroyed || this.#socket.writableLength > maxUpstreamBytes) return;
    const frame = Buffer.alloc(4 + packet.length);
    frame[0] = 0x24;
    frame[1] = 2 * track + 1;
    frame.writeUInt16BE(packet.length, 2);
    packet.copy(frame, 4);
    this.#socket.write(frame);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#gone('the player left');
    // Discard data that still arrives.
    this.#socket.removeAllListeners('data').resume();
    if (this.#session !== undefined && this.#socket.writable) {
      this.#socket.end(this.#format('TEARDOWN', this.#url, []));
    } else {
      this.#socket.destroy();
    }
    const cut = setTimeout(() => this.#socket.destroy(), closeWithinMs);
    await this.#closed;
    clearTimeout(cut);
  }

  #format(method: string, url: string, headers: Headers): Buffer {
    this.#cseq += 1;
    return formatMessage(`${method} ${url} RTSP/1.0`, [
      ['CSeq', String(this.#cseq)],
      ...(this.#session === undefined ? [] : [['Session', this.#session] as const]),
      ...headers,
    ]);
  }

  #request(method: string, url: string, headers: Headers): Promise<Response> {
    const answer = this.#turn.then(() => this.#ask(method, url, headers));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  async #ask(method: string, url: string, headers: Headers): Promise<Response> {
    if (this.#failure !== undefined) throw new RtspRefusalError(this.#failure);
    const done = Promise.withResolvers<Response>();
    const text = this.#format(method, url, headers);
    this.#waiting = { cseq: String(this.#cseq), done };
    const late = setTimeout(
      () => this.#gone(`the server did not answer ${method} within ${answerWithinMs / 1000} s`),
      answerWithinMs,
    );
    try {
      this.#socket.write(text);
      const response = await done.promise;
      if (response.status === 200) return response;
      throw new RtspRefusalError(
        `the server answered ${response.status} to ${method}`,
        response.status,
      );
    } finally {
      clearTimeout(late);
      this.#waiting = undefined;
    }
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#reader.read(chunk)) {
        if (message.kind === 'frame') this.#events.onFrame(message);
        else if (message.kind === 'response') this.#answered(message);
      }
      this.#events.onFrames();
    } catch (error) {
      this.#gone(`the server does not speak RTSP: ${describeError(error)}`);
    }
  }

  #answered(response: Response): void {
    if (response.headers.get('cseq') === this.#waiting?.cseq) this.#waiting?.done.resolve(response);
  }

  #gone(reason: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#waiting?.done.reject(new RtspRefusalError(reason));
    if (this.#disposed) return;
    this.#socket.destroy();
    this.#events.onGone(reason);
  }
}
