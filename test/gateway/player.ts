import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type RtspMessage, RtspReader } from '../stand-ins/rtsp/reader.ts';

export interface Reply {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface PlayerOptions {
  readonly port: number;
  /** One of 127.0.0.0/8, to be somebody else. */
  readonly from?: string;
  /** The name to ask for in TLS; in the clear unless given. */
  readonly serverName?: string;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

interface Login {
  readonly user: string;
  readonly password: string;
}

/** What answers a challenge, for each request. */
function prover(challenge: string, { user, password }: Login) {
  if (challenge.startsWith('Basic ')) {
    return (): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  }
  const [, realm] = /realm="([^"]*)"/.exec(challenge) ?? [];
  const [, nonce] = /nonce="([^"]*)"/.exec(challenge) ?? [];
  const secret = md5(`${user}:${realm}:${password}`);
  return (method: string, url: string): string => {
    const response = md5(`${secret}:${nonce}:${md5(`${method}:${url}`)}`);
    return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${url}", response="${response}"`;
  };
}

/** A player that shows all that it is told. */
export class Player implements Disposable {
  readonly socket: Socket;
  readonly #reader = new RtspReader();
  readonly #replies: RtspMessage[] = [];
  #cseq = 0;
  #login: (Login & { proof?: (method: string, url: string) => string }) | undefined;
  /** Interleaved frames by channel. */
  readonly frames = new Map<number, number>();
  /** Of channel 0: pictures, and packets that are missing before one that came. */
  pictures = 0;
  lost = 0;
  #sequence: number | undefined;
  session: string | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      const { messages, frames } = this.#reader.push(chunk);
      this.#replies.push(...messages);
      for (const { channel, frame } of frames) this.#count(channel, frame);
    });
  }

  static async connect({ port, from, serverName }: PlayerOptions): Promise<Player> {
    const raw = connect({ host: '127.0.0.1', port, localAddress: from, noDelay: true });
    const socket =
      serverName === undefined
        ? raw
        : connectTls({ socket: raw, servername: serverName, rejectUnauthorized: false });
    await once(socket, serverName === undefined ? 'connect' : 'secureConnect');
    return new Player(socket);
  }

  login(user: string, password: string): this {
    this.#login = { user, password };
    return this;
  }

  /** No more proofs of its own. */
  forget(): void {
    this.#login = undefined;
  }

  get closed(): boolean {
    return this.socket.destroyed || this.socket.readableEnded;
  }

  /** Sends a request, once more with the password if that is asked for. */
  async ask(method: string, url: string, headers: Record<string, string> = {}): Promise<Reply> {
    const reply = await this.#askOnce(method, url, headers);
    if (reply.status !== 401 || this.#login === undefined) return reply;
    // The reader keeps the last challenge: MD5 in the clear, Basic in TLS.
    const challenge = reply.headers.get('www-authenticate') ?? '';
    this.#login.proof = prover(challenge, this.#login);
    return this.#askOnce(method, url, headers);
  }

  /** DESCRIBE, SETUP of each track, PLAY. The answer that wasn't 200, or PLAY's. */
  async watch(url: string): Promise<Reply> {
    const description = await this.ask('DESCRIBE', url);
    if (description.status !== 200) return description;
    const tracks = description.body.match(/^m=/gm)?.length ?? 0;
    for (let track = 1; track <= tracks; track += 1) {
      const reply = await this.setUp(url, track, `${2 * track - 2}-${2 * track - 1}`);
      if (reply.status !== 200) return reply;
    }
    return this.ask('PLAY', url, { Session: this.session ?? '' });
  }

  async setUp(url: string, track: number, channels: string): Promise<Reply> {
    const headers: Record<string, string> = {
      Transport: `RTP/AVP/TCP;unicast;interleaved=${channels}`,
    };
    if (this.session !== undefined) headers['Session'] = this.session;
    const reply = await this.ask('SETUP', `${url}/track${track}`, headers);
    this.session ??= reply.headers.get('session')?.split(';')[0];
    return reply;
  }

  /** The next answer, whatever was sent. */
  async reply(): Promise<Reply> {
    const deadline = AbortSignal.timeout(10_000);
    while (this.#replies.length === 0) {
      if (this.closed) throw new Error('the connection was closed');
      await Promise.race([
        once(this.socket, 'data', { signal: deadline }),
        once(this.socket, 'close', { signal: deadline }),
      ]);
    }
    const message = this.#replies.shift();
    if (message === undefined) throw new Error('two wait for one answer');
    const [, status = '0', reason = ''] = /^\S+ (\d+) (.*)$/.exec(message.startLine) ?? [];
    return { status: Number(status), reason, headers: message.headers, body: message.body };
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #askOnce(method: string, url: string, headers: Record<string, string>): Promise<Reply> {
    this.#cseq += 1;
    const lines = [`${method} ${url} RTSP/1.0`, `CSeq: ${this.#cseq}`];
    const proof = this.#login?.proof?.(method, url);
    if (proof !== undefined) lines.push(`Authorization: ${proof}`);
    lines.push(...Object.entries(headers).map(([name, value]) => `${name}: ${value}`));
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return this.reply();
  }

  #count(channel: number, frame: Buffer): void {
    this.frames.set(channel, (this.frames.get(channel) ?? 0) + 1);
    if (channel !== 0) return;
    const sequence = frame.readUInt16BE(6);
    if (this.#sequence !== undefined) this.lost += (sequence - this.#sequence - 1) & 0xffff;
    this.#sequence = sequence;
    if (frame.readUInt8(5) >> 7 === 1) this.pictures += 1;
  }
}
