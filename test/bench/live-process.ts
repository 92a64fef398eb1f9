import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { within } from '../../src/lib/until.ts';
import { answer } from './answering-process.ts';

export type LiveQuestion =
  /** A viewer for each cookie. */
  | { readonly join: readonly string[]; readonly origin: string; readonly camera: string }
  | { readonly watchMs: number }
  | { readonly leave: true };

export interface Joined {
  /** From the connection's begin to the first picture, of each. */
  readonly firstMs: readonly number[];
}

export interface LiveWatched {
  /** Of the viewer that got least. */
  readonly leastPictures: number;
  /** Between the daemon and here, of each picture. */
  readonly delaysMs: readonly number[];
}

const joinWithinMs = 15_000;

class Viewer {
  readonly #socket: WebSocket;
  readonly first = Promise.withResolvers<number>();
  delaysMs: number[] = [];

  constructor(address: string, headers: Record<string, string>) {
    const from = performance.now();
    this.#socket = new WebSocket(address, { headers });
    this.#socket.on('error', this.first.reject);
    this.#socket.on('message', (data: Buffer, isBinary) => {
      // What begins with a box is the description, which has no time before it.
      if (!isBinary || data.toString('latin1', 4, 8) === 'ftyp') return;
      this.first.resolve(performance.now() - from);
      this.delaysMs.push(performance.timeOrigin + performance.now() - data.readDoubleBE(0));
    });
  }

  leave(): void {
    this.#socket.terminate();
  }
}

const viewers: Viewer[] = [];

answer(async (question: LiveQuestion): Promise<object> => {
  if ('join' in question) {
    const { join, origin, camera } = question;
    const address = `${origin.replace('http', 'ws')}/api/cameras/${camera}/live`;
    viewers.push(...join.map((cookie) => new Viewer(address, { cookie, origin })));
    const firstMs = await within(joinWithinMs, 'pictures', new AbortController().signal, () =>
      Promise.all(viewers.map(({ first }) => first.promise)),
    );
    return { firstMs } satisfies Joined;
  }
  if ('watchMs' in question) {
    for (const viewer of viewers) viewer.delaysMs = [];
    await delay(question.watchMs);
    return {
      leastPictures: Math.min(...viewers.map(({ delaysMs }) => delaysMs.length)),
      delaysMs: viewers.flatMap(({ delaysMs }) => delaysMs),
    } satisfies LiveWatched;
  }
  for (const viewer of viewers.splice(0)) viewer.leave();
  return {};
});
