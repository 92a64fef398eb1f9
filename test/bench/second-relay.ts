import { setTimeout as delay } from 'node:timers/promises';
import { Child } from '../../src/lib/child.ts';
import { describe } from '../../src/relay/describe.ts';
import { freePort } from '../../src/relay/port.ts';
import { live555ProxyServer, loopbackOnly } from '../support/tools.ts';

/** One that lost its place in the stream writes megabytes a second, for ever. */
const floodBytes = 2 * 1024 ** 2;
const readyWithinMs = 5_000;

/** A live555ProxyServer for all cameras of an account, in front of their relays. */
export class SecondRelay implements AsyncDisposable {
  readonly #port: number;
  readonly #child: Child;
  #written = 0;
  /** It was killed for that. */
  flooded = false;

  private constructor(port: number, relays: readonly string[]) {
    this.#port = port;
    this.#child = new Child({
      name: 'second relay',
      file: live555ProxyServer(),
      args: ['-t', '-p', String(port), ...relays],
      env: {
        LD_PRELOAD: loopbackOnly(),
        RELAY_CAMERA_PORT: relays.map((relay) => new URL(relay).port).join(),
      },
      graceMs: 1_000,
      memoryBytes: 256 * 1024 ** 2,
      onStderrBytes: (bytes) => {
        if (!this.flooded && (this.#written += bytes) > floodBytes) {
          this.flooded = true;
          void this.#child.stop('SIGKILL');
        }
      },
    });
  }

  /** Resolves when it has the cameras' streams, or after a while without. */
  static async start(relays: readonly string[]): Promise<SecondRelay> {
    const relay = new SecondRelay(await freePort(), relays);
    const deadline = performance.now() + readyWithinMs;
    const { signal } = new AbortController();
    for (const camera of relays.keys()) {
      while (performance.now() < deadline) {
        const reply = await describe(relay.url(camera), 500, signal);
        if (reply?.status === 200) break;
        await delay(50);
      }
    }
    return relay;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Of a camera, counted from 0. */
  url(camera: number): string {
    return `rtsp://127.0.0.1:${this.#port}/proxyStream-${camera + 1}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stop('SIGKILL');
  }
}
