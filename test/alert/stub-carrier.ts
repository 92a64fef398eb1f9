import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  type Accepted,
  type Channel,
  type ChannelKind,
  type DeliveryReport,
  type OutgoingMessage,
  SendError,
} from '../../src/alert/channel.ts';
import { errorCode } from '../../src/lib/errors.ts';

/** What the carrier of a {@link StubCarrier} can do beside taking messages. */
export type CarrierSkill = 'knows ids' | 'can be asked' | 'reports' | 'none';

export interface Received {
  readonly id: string;
  readonly to: string;
  readonly text: string;
}

/** A carrier on a socket that counts what it gets. */
export class StubCarrier implements AsyncDisposable {
  readonly received: Received[] = [];
  skill: CarrierSkill = 'none';
  /** What it does with a message: takes it, or one of the ways in which carriers fail. */
  mood: 'well' | 'refuses' | 'busy' | 'silent' | 'takes one and hangs up' = 'well';
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then((answer) => {
      if (answer === undefined) {
        if (this.mood !== 'silent') response.destroy();
        return;
      }
      const [status, body] = answer;
      response.writeHead(status).end(JSON.stringify(body));
    });
  });

  async open(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often each message arrived. */
  get counts(): number[] {
    return [...Map.groupBy(this.received, ({ id }) => id).values()].map((all) => all.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage): Promise<readonly [number, unknown] | undefined> {
    const id = new URL(request.url ?? '/', 'http://stub').searchParams.get('id');
    if (request.method === 'GET') {
      const found = this.received.filter((one) => id === null || one.id === id);
      return [200, found.map((one) => one.id)];
    }
    const message = (await json(request)) as Received;
    if (this.mood === 'silent') return undefined;
    if (this.mood === 'refuses') return [400, {}];
    if (this.mood === 'busy') return [503, {}];
    const known = this.received.some((one) => one.id === message.id);
    if (!known || this.skill !== 'knows ids') this.received.push(message);
    if (this.mood === 'well') return [200, {}];
    this.mood = 'well';
    return undefined;
  }
}

/** A channel to a {@link StubCarrier}, as those of real carriers are. */
export class StubChannel implements Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly resendIsHarmless: boolean;
  readonly find?: (message: OutgoingMessage) => Promise<Accepted | 'not sent' | 'unknown'>;
  readonly #url: string;
  readonly #answerMs: number;

  constructor(
    name: string,
    url: string,
    options: { skill?: CarrierSkill; kind?: ChannelKind; answerMs?: number } = {},
  ) {
    const { skill = 'none', kind = 'sms', answerMs = 30_000 } = options;
    this.name = name;
    this.kind = kind;
    this.#url = url;
    this.#answerMs = answerMs;
    this.resendIsHarmless = skill === 'knows ids';
    if (skill === 'can be asked') {
      this.find = async ({ id }) =>
        (await this.#ids(`?id=${id}`)).length > 0 ? { final: 'accepted' } : 'not sent';
    }
  }

  async send({ id, to, text }: OutgoingMessage, signal: AbortSignal): Promise<Accepted> {
    let response: Response;
    try {
      response = await fetch(this.#url, {
        method: 'POST',
        body: JSON.stringify({ id, to, text }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.#answerMs)]),
      });
    } catch (cause) {
      const isDown = cause instanceof TypeError && errorCode(cause.cause) !== 'UND_ERR_SOCKET';
      const words = isDown ? 'nothing answers' : 'it did not answer in time';
      throw new SendError(words, { kind: 'temporary', maybeSent: !isDown, cause });
    }
    if (response.ok) return { final: 'accepted', carrierId: `carrier-${id}` };
    const kind = response.status === 400 ? 'refused' : 'temporary';
    throw new SendError(`it answered ${response.status}`, { kind });
  }

  /** Reports of all that the carrier has. */
  async reports(): Promise<DeliveryReport[]> {
    return (await this.#ids('')).map((messageId) => ({ messageId, state: 'accepted' }));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #ids(query: string): Promise<string[]> {
    return (await (await fetch(`${this.#url}/${query}`)).json()) as string[];
  }
}
