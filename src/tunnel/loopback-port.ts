import type { Socket } from 'node:net';
import { type Duplex, PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { unwaited } from '../lib/background.ts';
import { describeError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { LoopbackServer } from '../lib/loopback-server.ts';
import { OverPaceError } from '../lib/pace.ts';
import { Scope } from '../lib/scope.ts';
import { aborted } from '../lib/until.ts';
import type { Forward } from './tunnel.ts';

/** The camera's service ended a connection that its client still wanted. */
export class ServiceHungUpError extends Error {
  override name = 'ServiceHungUpError';
}

/** A port on 127.0.0.1 that forwards through a tunnel to a camera's service. */
export interface LoopbackPort extends AsyncDisposable {
  readonly port: number;
  /**
   * Rejects with {@link ServiceHungUpError} when the camera ends a connection that its client still
   * wants; resolves when `signal` aborts. Needed because a relay doesn't report it: to the relay,
   * the camera seems merely silent.
   */
  hungUp(signal: AbortSignal): Promise<void>;
}

/** Ample: the only client is the relay, with one ending and one new connection at most. */
const maxConnections = 8;
/** How long one side may go on sending after the other has ended. */
const lingerMs = 5_000;

/** What both sides of a connection say goes through it, and may be changed there. */
export interface BothWays {
  readonly requests: Duplex;
  readonly answers: Duplex;
}

/**
 * Opens a port that leads to `forward`. Disposal closes its connections and waits for that.
 *
 * @param dialogue called for each new connection
 */
export async function openLoopbackPort(
  forward: Forward,
  log: Log,
  dialogue: () => BothWays = unchanged,
): Promise<LoopbackPort> {
  const port = new ForwardedPort(forward, log, dialogue);
  await port.listen();
  return port;
}

const unchanged = (): BothWays => ({ requests: new PassThrough(), answers: new PassThrough() });

class ForwardedPort implements LoopbackPort {
  readonly #forward: Forward;
  readonly #dialogue: () => BothWays;
  readonly #log: Log;
  readonly #gate: FloodGate;
  readonly #life = new Scope();
  readonly #server: LoopbackServer;
  readonly #onHangUp = new Set<() => void>();
  #disposed: Promise<void> | undefined;

  constructor(forward: Forward, log: Log, dialogue: () => BothWays) {
    this.#forward = forward;
    this.#dialogue = dialogue;
    this.#log = log;
    this.#gate = new FloodGate(log);
    this.#server = new LoopbackServer({
      allowHalfOpen: true,
      maxConnections,
      onConnection: (socket) => {
        unwaited(this.#connect(socket), log, 'a connection to a camera ended with an error');
      },
      onDrop: () => {
        this.#gate.warn('drop', `more than ${maxConnections} connections to a camera at a time`);
      },
      onError: (error) => {
        this.#gate.warn('listener', 'can not accept a connection', { cause: describeError(error) });
      },
    });
  }

  get port(): number {
    return this.#server.port;
  }

  listen(): Promise<void> {
    return this.#server.listen();
  }

  async hungUp(signal: AbortSignal): Promise<void> {
    using scope = new Scope(signal, this.#life.signal);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onHangUp = (): void =>
      reject(
        new ServiceHungUpError(
          `the camera's ${this.#forward.service} server closed the connection`,
        ),
      );
    this.#onHangUp.add(onHangUp);
    aborted(scope.signal).then(resolve, reject);
    try {
      await promise;
    } finally {
      this.#onHangUp.delete(onHangUp);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  async #end(): Promise<void> {
    this.#life.end(new Error('the port was closed'));
    await this.#server[Symbol.asyncDispose]();
    this.#gate[Symbol.dispose]();
  }

  async #connect(socket: Socket): Promise<void> {
    using attempt = new Scope(this.#life.signal);
    const onGone = (): void => attempt.end(new Error('the client hung up'));
    socket.once('close', onGone);
    socket.on('error', onGone);
    const service = this.#forward.service;
    try {
      const stream = await this.#forward.open(attempt.signal).catch((error: unknown) => {
        if (!attempt.signal.aborted) {
          const cause = describeError(error);
          this.#gate.warn(cause, `no connection to the camera's ${service} service`, { cause });
        }
      });
      if (stream === undefined) return;
      stream.once('close', () => this.#tellIfWanted(socket));
      stream.once('end', () => this.#tellIfWanted(socket));
      await join(socket, stream, this.#dialogue());
    } catch (error) {
      const cause = describeError(error);
      if (error instanceof OverPaceError) {
        this.#gate.warn('pace', `a connection to the camera's ${service} service was closed`, {
          cause,
        });
      }
      // Only for debugging: the user of the connection knows what its end means.
      this.#log.debug(`a connection to the camera's ${service} service broke`, {
        cause,
      });
    } finally {
      socket.destroy();
    }
  }

  #tellIfWanted(client: Socket): void {
    if (client.destroyed || client.readableEnded) return;
    for (const onHangUp of this.#onHangUp) onHangUp();
  }
}

const burstBytes = 32 * 1024;
const betweenBurstsMs = 5;

/**
 * Hands on what comes in a lump, after the line was held up, in small bursts. live555ProxyServer drops
 * packets that its reader has not read when the next ones come.
 */
function inBursts(): Transform {
  let left = burstBytes;
  let sinceMs = performance.now();
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const nowMs = performance.now();
      if (nowMs - sinceMs >= betweenBurstsMs) {
        left = burstBytes;
        sinceMs = nowMs;
      }
      left -= chunk.length;
      this.push(chunk);
      if (left > 0) done();
      else setTimeout(done, betweenBurstsMs);
    },
  });
}

/** Connects two streams until both have ended or one breaks, then destroys both. */
async function join(a: Duplex, b: Duplex, { requests, answers }: BothWays): Promise<void> {
  let linger: NodeJS.Timeout | undefined;
  const onEnd = (): void => {
    linger ??= setTimeout(() => {
      a.destroy();
      b.destroy();
    }, lingerMs);
  };
  a.once('end', onEnd);
  b.once('end', onEnd);
  try {
    await Promise.all([pipeline(a, requests, b), pipeline(b, answers, inBursts(), a)]);
  } finally {
    clearTimeout(linger);
    a.destroy();
    b.destroy();
  }
}
