import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { background } from '../../src/lib/background.ts';
import type { Random } from '../faults/random.ts';
import { Player } from '../gateway/player.ts';
import type { Site, SiteCamera } from '../support/site.ts';

const answerWithinMs = 15_000;

/** Seconds: from, to. */
const stay = [3, 40] as const;
const away = [5, 40] as const;
const betweenLooks = [5, 20] as const;
/** Visits of the page until somebody signs in anew. */
const looksPerSession = 12;

export interface ViewingOptions {
  readonly site: Site;
  readonly cameras: readonly SiteCamera[];
  readonly account: string;
  readonly password: string;
  readonly random: Random;
  /** Somebody did something, and with what success. */
  readonly onVisit: (what: string) => void;
}

/** Lets owners come and go: on the page, live on the page, and with a player. Until it is disposed of. */
export function startViewing(options: ViewingOptions): AsyncDisposable {
  const { random, onVisit } = options;
  return background(async (signal) => {
    const seconds = ([from, to]: readonly [number, number]): Promise<unknown> =>
      delay(random.between(from, to) * 1_000, undefined, { signal }).catch(() => {});
    const again = async (
      pause: readonly [number, number],
      what: string,
      visit: () => Promise<string>,
    ): Promise<void> => {
      while (!signal.aborted) {
        const outcome = await visit().catch((error: unknown) => String(error));
        if (!signal.aborted) onVisit(`${what}: ${outcome}`);
        await seconds(pause);
      }
    };
    const page = new Page(options);
    await Promise.all([
      again(away, 'player', () => play(options, () => seconds(stay))),
      again(away, 'live on the page', () => page.watch(() => seconds(stay))),
      again(betweenLooks, 'page', () => page.look()),
    ]);
  });
}

const labelOf = ({ name }: SiteCamera): string => name.split('/')[1] ?? '';

function addressIn(site: Site, message: string): string {
  return String(site.log.find((line) => line.message === message)?.['address']);
}

/** An RTSP player; it goes with and without a word. */
async function play(
  { site, cameras, account, password, random }: ViewingOptions,
  stays: () => Promise<unknown>,
): Promise<string> {
  const address = addressIn(site, 'serving viewers');
  using player = await Player.connect({ port: Number(address.split(':').at(-1)) });
  const url = `rtsp://${address}/${account}/${labelOf(random.of(cameras))}`;
  const { status } = await player.login(account, password).watch(url);
  if (status !== 200) return `answered ${status}`;
  await stays();
  const hadPictures = player.pictures > 0;
  if (!player.closed && random.next() < 0.5) {
    await player.ask('TEARDOWN', url, { Session: player.session ?? '' });
  }
  return hadPictures ? 'saw pictures' : 'saw no picture';
}

/** An owner's browser, without what it would draw. */
class Page {
  readonly #options: ViewingOptions;
  readonly #origin: string;
  #cookie = '';
  #looks = 0;

  constructor(options: ViewingOptions) {
    this.#options = options;
    this.#origin = addressIn(options.site, 'serving browsers');
  }

  /** What the page asks for when it is opened. */
  async look(): Promise<string> {
    const { cameras, random } = this.#options;
    if (this.#looks % looksPerSession === 0) await this.#signIn();
    this.#looks += 1;
    const now = Date.now();
    const camera = `/api/cameras/${labelOf(random.of(cameras))}`;
    const statuses = [
      await this.#get('/api/cameras'),
      await this.#get(`${camera}/picture`),
      await this.#get(`${camera}/timeline?from=${now - 3_600_000}&to=${now}`),
      await this.#get(`${camera}/preview?at=${now - Math.round(random.between(30, 300) * 1_000)}`),
    ];
    return `answered ${statuses.join(', ')}`;
  }

  /** A live picture over a WebSocket; it goes with and without a word. */
  async watch(stays: () => Promise<unknown>): Promise<string> {
    if (this.#cookie === '') await this.#signIn();
    const { cameras, random } = this.#options;
    const path = `/api/cameras/${labelOf(random.of(cameras))}/live`;
    const socket = new WebSocket(this.#origin.replace('http', 'ws') + path, {
      headers: { cookie: this.#cookie, origin: this.#origin },
      handshakeTimeout: answerWithinMs,
    });
    socket.on('error', () => {});
    let pictures = 0;
    const gone = Promise.withResolvers<string>();
    socket.on('message', (_, isBinary) => void (pictures += isBinary ? 1 : 0));
    socket.once('close', (_, reason) => gone.resolve(reason.toString()));
    await once(socket, 'open');
    await Promise.race([stays(), gone.promise]);
    if (random.next() < 0.5) socket.close();
    else socket.terminate();
    const timer = setTimeout(() => socket.terminate(), answerWithinMs);
    const why = await gone.promise;
    clearTimeout(timer);
    return pictures > 0 ? 'saw pictures' : `saw no picture${why === '' ? '' : `: ${why}`}`;
  }

  async #signIn(): Promise<void> {
    const { account, password } = this.#options;
    const answer = await fetch(`${this.#origin}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.#origin },
      body: JSON.stringify({ account, user: account, password }),
      signal: AbortSignal.timeout(answerWithinMs),
    });
    if (answer.status !== 204) throw new Error(`log-in: ${answer.status}`);
    this.#cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  }

  async #get(path: string): Promise<number> {
    const answer = await fetch(this.#origin + path, {
      headers: { cookie: this.#cookie },
      signal: AbortSignal.timeout(answerWithinMs),
    });
    await answer.arrayBuffer();
    return answer.status;
  }
}
