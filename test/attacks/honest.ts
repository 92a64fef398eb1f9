import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { background } from '../../src/lib/background.ts';
import { Player } from '../gateway/player.ts';
import { Stranger } from '../tunnel/stranger.ts';
import { askPage } from './page.ts';
import type { Scene } from './scene.ts';

/** What somebody honest waits for, and how often it did not come. */
export interface Waits {
  worstMs: number;
  tries: number;
  readonly failures: string[];
}

/** Who does honest work while others attack. */
export type Honest = 'camera' | 'viewer' | 'watching' | 'owner' | 'page';

const giveUpMs = 15_000;
/** As the firmware does it. */
const redialAfterMs = 200;
/** Addresses of the honest, which no stranger has. */
const home = '10.240.0.1';
const betweenMs: Readonly<Record<Honest, number>> = {
  camera: 3_500,
  viewer: 2_000,
  watching: 100,
  owner: 3_000,
  page: 500,
};

/** The honest: they work from their start until they are disposed of. */
export class Honests implements AsyncDisposable {
  readonly #scene: Scene;
  readonly #work: AsyncDisposable;
  #waits = new Map<Honest, Waits>();
  #visitor = 0;
  #cookie = '';
  #watched: Player | undefined;
  #heardAt = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.takeWaits();
    this.#work = background(async (signal) => {
      await Promise.all([
        this.#again('camera', signal, () => this.#dialIn()),
        this.#again('viewer', signal, () => this.#beginToWatch()),
        this.#again('watching', signal, () => this.#goOnWatching()),
        this.#again('owner', signal, () => this.#logIn()),
        this.#again('page', signal, () => this.#look()),
      ]);
    });
  }

  /** What they waited for since the last call. */
  takeWaits(): ReadonlyMap<Honest, Waits> {
    const taken = this.#waits;
    this.#waits = new Map(
      (['camera', 'viewer', 'watching', 'owner', 'page'] as const).map((who) => [
        who,
        { worstMs: 0, tries: 0, failures: [] },
      ]),
    );
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work[Symbol.asyncDispose]();
    this.#watched?.[Symbol.dispose]();
  }

  async #again(
    who: Honest,
    signal: AbortSignal,
    work: () => Promise<number | void>,
  ): Promise<void> {
    while (!signal.aborted) {
      const began = performance.now();
      const outcome = await Promise.race([
        work().catch((error: unknown) => String(error)),
        delay(giveUpMs, 'no answer', { signal, ref: false }).catch(() => 'the end'),
      ]);
      if (signal.aborted) return;
      const waits = this.#waits.get(who);
      if (waits === undefined) return;
      waits.tries += 1;
      const tookMs = typeof outcome === 'number' ? outcome : performance.now() - began;
      waits.worstMs = Math.max(waits.worstMs, tookMs);
      if (typeof outcome === 'string') waits.failures.push(outcome);
      await delay(betweenMs[who], undefined, { signal }).catch(() => {});
    }
  }

  /** A camera that dials in anew, as often as it takes: until its key has let it in. */
  async #dialIn(): Promise<void> {
    const { newcomers, target } = this.#scene;
    const identity = newcomers[(this.#visitor += 1) % newcomers.length];
    if (identity === undefined) throw new Error('no camera');
    const until = performance.now() + giveUpMs;
    for (;;) {
      const camera = await Stranger.connect({
        port: target.tunnelPort,
        from: '10.241.0.1',
        logIn: true,
        username: identity.user,
        privateKey: identity.privateKey,
      }).catch((error: unknown) => (performance.now() > until ? Promise.reject(error) : undefined));
      await camera?.[Symbol.asyncDispose]();
      if (camera !== undefined) return;
      await delay(redialAfterMs);
    }
  }

  /** Somebody who begins to watch: until the first picture. */
  async #beginToWatch(): Promise<void> {
    using player = await this.#player(`10.242.${this.#visitor % 250}.1`);
    await this.#pictureOf(player);
  }

  /** How long somebody who watches has not had a picture. */
  async #goOnWatching(): Promise<number> {
    if (this.#watched === undefined || this.#watched.closed) {
      const wasWatching = this.#watched !== undefined;
      this.#watched = await this.#player(home);
      this.#watched.socket.on('data', () => {
        this.#heardAt = performance.now();
      });
      await this.#pictureOf(this.#watched);
      if (wasWatching) throw new Error('a viewer was sent away');
    }
    return performance.now() - this.#heardAt;
  }

  async #player(from: string): Promise<Player> {
    const { target } = this.#scene;
    const player = await Player.connect({ port: target.gatewayPort, from });
    const url = `rtsp://127.0.0.1:${target.gatewayPort}/bach/front`;
    const { status } = await player.login('bach', target.people.owner.password).watch(url);
    if (status === 200) return player;
    player[Symbol.dispose]();
    throw new Error(`a viewer was answered ${status}`);
  }

  async #pictureOf(player: Player): Promise<void> {
    while (player.pictures === 0) {
      if (player.closed) throw new Error('a viewer was sent away before the first picture');
      await once(player.socket, 'data', { signal: AbortSignal.timeout(giveUpMs) });
    }
  }

  async #logIn(): Promise<void> {
    const { owner } = this.#scene.target.people;
    const { status, cookie } = await this.#ask('POST', '/api/login', owner);
    if (status !== 204) throw new Error(`a log-in was answered ${status}`);
    this.#cookie = cookie;
  }

  async #look(): Promise<void> {
    if (this.#cookie === '') return;
    const { status } = await this.#ask('GET', '/api/cameras');
    if (status !== 200) throw new Error(`the page was answered ${status}`);
  }

  #ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly cookie: string }> {
    // A log-in with the cookie of a session would end that one while the page still asks with it.
    const session = body === undefined ? { cookie: this.#cookie } : { body };
    const port = this.#scene.target.webPort;
    return askPage({ port, from: home, method, path, ...session, withinMs: giveUpMs });
  }
}
