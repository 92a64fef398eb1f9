import type { Window } from './ssh2-internals.ts';

/** What the camera may send before we know how fast its line is. */
export const firstWindowBytes = 128 * 1024;
/** A packet can be read only when all of it has come, which takes a slow line a second for 32 KB. */
export const maxPacketBytes = 8 * 1024;
const leastBytes = 64 * 1024;
const mostBytes = 2 * 1024 ** 2;
/** What lies in the line's queues is at most this much of what it carries. */
const queueSeconds = 3;
const measureMs = 1_000;

/**
 * Grants a camera window as its data is consumed (RFC 4254 section 5.2), for a few seconds of what comes at
 * present. A larger window would fill the queues of a slow line with pictures, and each one would wait
 * behind minutes of older ones.
 */
export class ChannelWindow {
  readonly #window: Window;
  #bytesPerSecond = firstWindowBytes / queueSeconds;
  #sinceMs: number | undefined;
  #bytes = 0;

  constructor(window: Window) {
    this.#window = window;
  }

  /** @param nowMs monotonic milliseconds */
  consumed(bytes: number, nowMs: number): void {
    this.#measure(bytes, nowMs);
    const wanted = Math.min(Math.max(queueSeconds * this.#bytesPerSecond, leastBytes), mostBytes);
    const missing = Math.floor(wanted - this.#window.left);
    if (missing >= wanted / 4) this.#window.grant(missing);
  }

  #measure(bytes: number, nowMs: number): void {
    this.#sinceMs ??= nowMs;
    this.#bytes += bytes;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < measureMs) return;
    const rate = (this.#bytes * 1_000) / elapsedMs;
    // Up at once, as a window that is too small holds up a fast line; down slowly.
    this.#bytesPerSecond = Math.max(rate, (this.#bytesPerSecond + rate) / 2);
    this.#sinceMs = nowMs;
    this.#bytes = 0;
  }
}
