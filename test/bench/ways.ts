import { AnsweringProcess } from './answering-process.ts';
import type { GatewayAnswer, GatewayQuestion } from './gateway-process.ts';
import { SecondRelay } from './second-relay.ts';
import type { Seat } from './viewers-process.ts';

/** How viewers come to the cameras. */
export interface Way extends AsyncDisposable {
  readonly name: string;
  /** What stands before the relays. */
  readonly pids: readonly number[];
  /** A viewer's, of a camera counted from 0. */
  seat(camera: number): Seat;
  /** Makes what is broken anew. */
  mend(): Promise<void>;
  /** What happened that the figures don't tell. */
  readonly remark: string;
}

const accounts = ['bach', 'mozart'];
const login = { user: 'viewer', password: 'not secret' };

/** The first half of the cameras is the first account's. */
const placeOf = (camera: number, cameras: number): readonly [account: number, own: number] => {
  const each = cameras / accounts.length;
  return [Math.floor(camera / each), camera % each];
};

export function direct(relays: readonly string[]): Way {
  return {
    name: 'at the relays',
    pids: [],
    remark: '',
    seat: (camera) => ({ camera, url: relays[camera] ?? '' }),
    mend: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

export async function throughGateway(relays: readonly string[]): Promise<Way> {
  const gateway = new AnsweringProcess('gateway-process.ts');
  const nameOf = (camera: number): string => {
    const [account, own] = placeOf(camera, relays.length);
    return `${accounts[account]}/camera-${own + 1}`;
  };
  const question: GatewayQuestion = {
    password: login.password,
    relays: Object.fromEntries(relays.map((relay, camera) => [nameOf(camera), relay])),
  };
  const { port } = await gateway.ask<GatewayAnswer>(question, 10_000);
  return {
    name: 'gateway',
    pids: [gateway.pid],
    remark: '',
    seat: (camera) => ({ camera, url: `rtsp://127.0.0.1:${port}/${nameOf(camera)}`, login }),
    mend: async () => {},
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** A live555ProxyServer per account. */
export class ThroughSecondRelays implements Way {
  readonly name = 'live555 twice';
  readonly #relays: readonly string[];
  #second: SecondRelay[] = [];
  #floods = 0;

  private constructor(relays: readonly string[]) {
    this.#relays = relays;
  }

  static async start(relays: readonly string[]): Promise<ThroughSecondRelays> {
    const way = new ThroughSecondRelays(relays);
    await way.mend();
    return way;
  }

  get pids(): readonly number[] {
    return this.#second.map(({ pid }) => pid);
  }

  get remark(): string {
    const floods = this.#floods + this.#flooding;
    return floods === 0
      ? ''
      : `${floods} killed for flooding their logs; started anew after a round that left viewers out`;
  }

  seat(camera: number): Seat {
    const [account, own] = placeOf(camera, this.#relays.length);
    return { camera, url: this.#second[account]?.url(own) ?? '' };
  }

  async mend(): Promise<void> {
    await this[Symbol.asyncDispose]();
    const each = this.#relays.length / accounts.length;
    this.#second = await Promise.all(
      accounts.map((_, n) => SecondRelay.start(this.#relays.slice(n * each, (n + 1) * each))),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#floods += this.#flooding;
    await Promise.all(this.#second.splice(0).map((one) => one[Symbol.asyncDispose]()));
  }

  get #flooding(): number {
    return this.#second.filter(({ flooded }) => flooded).length;
  }
}
