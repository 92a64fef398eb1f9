import { Transform } from 'node:stream';
import type { Clock } from '../lib/clock.ts';
import { OverPaceError, Pace, type PaceLimits } from '../lib/pace.ts';
import { type Credentials, Login } from '../media/rtsp/login.ts';
import { type Message, MessageReader, type Request, type Response } from '../media/rtsp/message.ts';
import { packetOf, readRtp } from '../media/rtsp/rtp.ts';
import type { CameraLine, LineWatcher } from './camera-line.ts';

/** Ample: the relay waits for each answer. */
const maxUnanswered = 32;
/** A session that ends sooner than this without a request is kept alive by us: the relay's first one may come that late. */
const relayAsksWithinSeconds = 60;
const leastKeepAliveMs = 1_000;
/** A camera of 20 Mbit/s sends 2,000 packets a second. */
const usualPace: PaceLimits = {
  rate: { burst: 20_000, everyMs: 0.1 },
  perTurn: 2_000,
  patienceMs: 5_000,
};
/** A new picture counts as so many packets: each costs the recorder and its file more than a packet does. */
const pictureCost = 10;
/** Packets are rarely larger than a network's frame. A larger one counts as several. */
const packetBytes = 2_500;

interface Unanswered {
  readonly request: Pick<Request, 'method' | 'url' | 'bytes'>;
  /** The relay's own number of it; undefined if the request is ours. */
  readonly cseq: string | undefined;
  /** With which it was sent. */
  readonly login: Login | undefined;
}

/**
 * What a relay and its camera say to each other in one RTSP connection. It proves the camera's password in
 * the relay's place: the relay, whose command line anybody can read, knows none, and knows few ways to prove one.
 * It also keeps short sessions alive. All else goes through as it is.
 */
export class CameraDialogue {
  /** Takes what the relay says, and gives what the camera is told. */
  readonly requests: Transform;
  /** Takes what the camera says, and gives what the relay is told. */
  readonly answers: Transform;
  readonly #credentials: Credentials | undefined;
  readonly #clock: Clock;
  readonly #asked = new Map<string, Unanswered>();
  #login: Login | undefined;
  /** How many requests the camera got that the relay didn't send. */
  #ownRequests = 0;
  #lastCseq = 0;
  #lastUrl = '*';
  #session: { readonly id: string; readonly keepAliveMs: number } | undefined;
  #takesGetParameter = false;
  #askedAtMs = 0;

  /**
   * @param credentials undefined: the operator has given no password
   * @param pace how many messages the camera may send; its connection breaks with {@link OverPaceError}
   */
  constructor(
    line: Pick<CameraLine, 'watch'>,
    clock: Clock,
    credentials: Credentials | undefined,
    pace = usualPace,
  ) {
    this.#clock = clock;
    this.#credentials = credentials;
    const watcher = line.watch();
    this.requests = messages((message) => {
      if (message.kind === 'request') return this.#ask(message);
      return message.bytes;
    });
    this.answers = messages(
      (message) => {
        watcher.take(message);
        return message.kind === 'response' ? this.#answer(message) : message.bytes;
      },
      {
        hear: (chunk) => watcher.hear(chunk),
        lose: () => watcher.lose(),
        taken: () => {
          watcher.taken();
          this.#keepAlive();
        },
      },
      new Pace(pace),
    );
  }

  #ask(request: Request): Buffer {
    const cseq = request.headers.get('cseq') ?? '';
    if (!/^\d{1,9}$/.test(cseq)) return request.bytes;
    this.#lastCseq = Math.max(this.#lastCseq, Number(cseq));
    this.#lastUrl = request.url;
    return this.#send({ request, cseq, login: this.#login });
  }

  /** @returns the request as the camera is to get it */
  #send(asked: Unanswered): Buffer {
    const { request, cseq, login } = asked;
    if (cseq === undefined) this.#ownRequests += 1;
    const number = String(Number(cseq ?? this.#lastCseq) + this.#ownRequests);
    this.#asked.set(number, asked);
    const [oldest = ''] = this.#asked.keys();
    if (this.#asked.size > maxUnanswered) this.#asked.delete(oldest);
    this.#askedAtMs = this.#clock.now();
    const proof =
      login === undefined ? [] : [`Authorization: ${login.proof(request.method, request.url)}`];
    if (number === cseq && proof.length === 0) return request.bytes;
    return withHead(request.bytes, number, proof);
  }

  /** @returns the answer as the relay is to get it; undefined if it concerns us alone */
  #answer(response: Response): Buffer | undefined {
    const [oldest = ''] = this.#asked.keys();
    const number = response.headers.get('cseq') ?? oldest;
    const asked = this.#asked.get(number);
    if (asked === undefined) return response.bytes;
    this.#asked.delete(number);
    this.#note(response, asked.request.method);
    if (response.status === 401 && this.#retry(response, asked)) return undefined;
    if (asked.cseq === undefined) return undefined;
    return asked.cseq === number ? response.bytes : withHead(response.bytes, asked.cseq, []);
  }

  /** Asks again, with the password. @returns false if that is of no use */
  #retry(response: Response, asked: Unanswered): boolean {
    if (this.#credentials === undefined) return false;
    const login = Login.for(response.headers.get('www-authenticate') ?? '', this.#credentials);
    if (login === undefined) return false;
    if (asked.login !== undefined && !asked.login.isRenewedBy(login)) return false;
    this.#login = login;
    if (asked.cseq !== undefined) this.#ownRequests += 1;
    this.#tell(this.#send({ request: asked.request, cseq: asked.cseq, login }));
    return true;
  }

  #note({ status, headers }: Response, method: string): void {
    if (status !== 200) return;
    if (method === 'OPTIONS') {
      this.#takesGetParameter = /\bGET_PARAMETER\b/.test(headers.get('public') ?? '');
    }
    if (method === 'TEARDOWN') this.#session = undefined;
    const [, id, timeout] =
      /^([^;\s]+)\s*;\s*timeout=(\d{1,5})\b/i.exec(headers.get('session') ?? '') ?? [];
    if (id === undefined || Number(timeout) >= relayAsksWithinSeconds) return;
    this.#session = { id, keepAliveMs: Math.max(Number(timeout) * 500, leastKeepAliveMs) };
  }

  /** Done when something comes: a session without media needs no keeping. */
  #keepAlive(): void {
    const session = this.#session;
    if (session === undefined) return;
    if (this.#clock.now() - this.#askedAtMs < session.keepAliveMs) return;
    const method = this.#takesGetParameter ? 'GET_PARAMETER' : 'OPTIONS';
    const head = `${method} ${this.#lastUrl} RTSP/1.0\r\nCSeq: 0\r\nSession: ${session.id}\r\n\r\n`;
    const request = { method, url: this.#lastUrl, bytes: Buffer.from(head, 'latin1') };
    this.#tell(this.#send({ request, cseq: undefined, login: this.#login }));
  }

  #tell(bytes: Buffer): void {
    if (!this.requests.writableEnded && !this.requests.destroyed) this.requests.push(bytes);
  }
}

/** Hands on what `each` makes of each message, and what is no RTSP as it is. */
function messages(
  each: (message: Message) => Buffer | undefined,
  watcher: Partial<Omit<LineWatcher, 'take'>> = {},
  pace?: Pace,
): Transform {
  const reader = new MessageReader();
  const costs = new Costs();
  let readable = true;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      watcher.hear?.(chunk);
      if (!readable) return done(null, chunk);
      const out: Buffer[] = [];
      try {
        for (const message of reader.read(chunk)) {
          pace?.spend(costs.of(message));
          const bytes = each(message);
          if (bytes !== undefined) out.push(bytes);
        }
      } catch {
        readable = false;
        watcher.lose?.();
        out.push(reader.unread);
      }
      for (const bytes of joined(out)) this.push(bytes);
      watcher.taken?.();
      if (pace === undefined) return done();
      const restMs = pace.restMs();
      if (pace.isOver)
        done(new OverPaceError('the camera sends too many packets, pictures or bytes a second'));
      else if (restMs === undefined) done();
      else if (restMs === 0) setImmediate(done);
      else setTimeout(done, restMs);
    },
  });
}

/** What the messages of a camera count for its pace. */
class Costs {
  /** By channel: the timestamp of its newest packet. */
  readonly #timestamps = new Map<number, number>();

  of(message: Message): number {
    const cost = Math.max(1, message.bytes.length / packetBytes);
    if (message.kind !== 'frame') return cost;
    const timestamp = readRtp(packetOf(message))?.timestamp;
    if (timestamp === undefined || timestamp === this.#timestamps.get(message.channel)) return cost;
    this.#timestamps.set(message.channel, timestamp);
    return cost + pictureCost - 1;
  }
}

/** Frames that lie one behind the other in the same memory are one again, since each write costs. */
function joined(parts: readonly Buffer[]): Buffer[] {
  const whole: Buffer[] = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (
      last !== undefined &&
      last.buffer === part.buffer &&
      last.byteOffset + last.length === part.byteOffset
    ) {
      whole[whole.length - 1] = Buffer.from(
        last.buffer,
        last.byteOffset,
        last.length + part.length,
      );
    } else whole.push(part);
  }
  return whole;
}

/** The message with another CSeq, and more headers. */
function withHead(bytes: Buffer, cseq: string, headers: readonly string[]): Buffer {
  const end = bytes.indexOf('\r\n\r\n');
  const [start = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const kept = lines.map((line) => (/^cseq:/i.test(line) ? `CSeq: ${cseq}` : line));
  const head = [start, ...kept, ...headers].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes.subarray(end)]);
}
