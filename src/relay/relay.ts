import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Child } from '../lib/child.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import { aborted, TimeoutError, within } from '../lib/until.ts';
import { type Media, mediaOf, readSdp } from '../media/sdp.ts';
import { describe } from './describe.ts';
import {
  Diagnosis,
  NoStreamError,
  presentable,
  type RelaySource,
  StreamRefusedError,
} from './diagnosis.ts';
import { freePort } from './port.ts';
import { listeners } from './proc.ts';
import { relayProgram } from './program.ts';
import { assertUnreachable, FloodMeter, RelayFaultError, watchProcess } from './watch.ts';

export type { RelaySource } from './diagnosis.ts';
export { NoStreamError, StreamRefusedError } from './diagnosis.ts';
export { RelayFaultError } from './watch.ts';

export interface RelayOptions extends RelaySource {
  /** The program live555ProxyServer. */
  readonly program: string;
  /** Path of the library that keeps the relay on loopback (loopback-only.c). */
  readonly preload: string;
  readonly log: Log;
  /** Timeout from the start of the program until it has the camera's media; 10 s unless given. */
  readonly readyWithinMs?: number;
  /** Aborts the start. A relay that has started ends when it is disposed of. */
  readonly signal: AbortSignal;
}

/** A running live555ProxyServer: the camera's only client, and a server for many readers. */
export interface Relay extends AsyncDisposable {
  /** Where readers find the stream, on 127.0.0.1. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly media: Media;
  /**
   * Resolves when `signal` aborts or the relay is disposed of. Rejects when the relay dies, or is
   * killed because it kept a CPU busy, flooded its log or could be reached from other machines.
   */
  ended(signal: AbortSignal): Promise<void>;
}

const readyWithinMs = 10_000;
const startsOnBusyPorts = 5;
/** How often we look where a relay listens while it doesn't answer. */
const lookEachMs = 1_000;

/** Another process took the port first. live555ProxyServer then listens only on IPv6, silently. */
class PortTakenError extends Error {
  override name = 'PortTakenError';
}

class RelayProcess implements Relay {
  readonly port: number;
  readonly diagnosis: Diagnosis;
  readonly #log: Log;
  readonly #child: Child;
  readonly #life = new Scope();
  readonly #faulted = Promise.withResolvers<void>();
  #fault: Error | undefined;
  /** Whether it listens on its port of 127.0.0.1, and nowhere that other machines could reach. */
  #listens = false;
  #watching: Promise<void> = Promise.resolve();
  #killed: Promise<void> | undefined;
  media: Media = {};

  constructor(options: RelayOptions, port: number) {
    const { source, program, preload, log } = options;
    this.port = port;
    this.#log = log;
    this.diagnosis = new Diagnosis(options);
    let newest = '';
    const flood = new FloodMeter((error) => {
      this.#kill(new RelayFaultError(`${error.message}: ${presentable(newest).slice(0, 200)}`));
    });
    this.#child = new Child({
      ...relayProgram({ program, preload, source, port }),
      onStderrBytes: (count) => flood.bytes(count),
      onStderrLine: (line) => {
        newest = line;
        flood.line();
        if (this.#fault === undefined) this.diagnosis.line(line);
      },
    });
  }

  get url(): string {
    return `rtsp://127.0.0.1:${this.port}/proxyStream`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ended(signal: AbortSignal): Promise<void> {
    using scope = new Scope(signal, this.#life.signal);
    const death = this.#child.ended(scope.signal).catch((error: unknown) => error);
    const died = await Promise.race([aborted(scope.signal), this.#faulted.promise, death]);
    if (scope.signal.aborted) return;
    if (this.#fault !== undefined) throw this.#fault;
    // Not kept as the cause, because the last words of the program may contain the password.
    throw new RelayFaultError(presentable(describeError(died)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.end();
    await (this.#killed ?? this.#child.stop());
    await this.#watching;
    this.#life[Symbol.dispose]();
  }

  /** Why the relay was not ready within `waitedMs`. */
  whyNotReady(waitedMs: number): Error {
    return this.#listens
      ? this.diagnosis.noStream(waitedMs)
      : new RelayFaultError(`relay does not listen within ${waitedMs / 1000} s`);
  }

  /** Resolves when DESCRIBE answers with the camera's media. */
  async ready(signal: AbortSignal): Promise<void> {
    using scope = new Scope(signal);
    await Promise.race([this.#answer(scope.signal), this.ended(scope.signal)]);
    signal.throwIfAborted();
    this.#watching = watchProcess(this.pid, this.#life.signal).catch((error: unknown) => {
      this.#kill(error instanceof Error ? error : new Error(String(error)));
    });
  }

  async #answer(signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    // If the port was taken, the relay listens elsewhere, so we must look where it listens. We look
    // seldom, because that costs far more than DESCRIBE, and many relays may start at once.
    let lookAtMs = startedAt + lookEachMs;
    for (let pauseMs = 20; !signal.aborted; pauseMs = Math.min(pauseMs * 1.5, 250)) {
      const reply = await describe(this.url, 2_000, signal);
      const answers = reply !== undefined && (!this.#listens || reply.status === 200);
      if (answers || performance.now() > lookAtMs) {
        this.#listens = await this.#isOurs();
        lookAtMs = performance.now() + lookEachMs;
      }
      if (this.#listens && reply?.status === 200) {
        this.media = mediaOf(readSdp(reply.sdp));
        if (this.media.video !== undefined) return;
        throw new StreamRefusedError("the camera's stream has no video");
      }
      if (this.diagnosis.refusal !== undefined) throw this.diagnosis.refusal;
      await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  /** Whether our program listens on the port, on IPv4. Throws if it listens beyond loopback. */
  async #isOurs(): Promise<boolean> {
    const found = await listeners(this.pid);
    if (found.length === 0) return false;
    assertUnreachable(found);
    if (found.some(({ family, port }) => family === 4 && port === this.port)) return true;
    throw new PortTakenError(`port ${this.port} of 127.0.0.1 was taken by somebody else`);
  }

  #kill(fault: Error): void {
    if (this.#fault !== undefined || this.#life.signal.aborted) return;
    this.#fault = fault;
    this.#faulted.resolve();
    this.#log.debug('relay is killed', { cause: fault.message, pid: this.pid });
    this.#killed = this.#child.stop('SIGKILL');
  }
}

const isKnown = (error: unknown): boolean =>
  [NoStreamError, StreamRefusedError, RelayFaultError, PortTakenError].some(
    (kind) => error instanceof kind,
  );

async function startOnce(options: RelayOptions): Promise<Relay> {
  const limitMs = options.readyWithinMs ?? readyWithinMs;
  const startedAt = performance.now();
  const relay = new RelayProcess(options, await freePort());
  try {
    await within(limitMs, 'the start of the relay', options.signal, (signal) =>
      relay.ready(signal),
    );
  } catch (error) {
    await relay[Symbol.asyncDispose]();
    if (options.signal.aborted) throw error;
    if (error instanceof TimeoutError) throw relay.whyNotReady(limitMs);
    throw isKnown(error) ? error : new RelayFaultError('relay did not start', { cause: error });
  }
  const { pid, port, media } = relay;
  options.log.debug('relay is ready', {
    pid,
    port,
    video: media.video?.codec,
    audio: media.audio?.codec,
    readyMs: Math.round(performance.now() - startedAt),
  });
  return relay;
}

/**
 * Starts a live555ProxyServer for one camera, and resolves when it has the camera's media.
 *
 * @throws {StreamRefusedError} if the camera wants another password or path, or has no video
 * @throws {NoStreamError} if there is no stream within the time; says why, as far as is known
 * @throws {RelayFaultError} if the relay died or did not listen
 * @throws {OperatorError} if the relay can't be used on this machine
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  await access(options.preload).catch((cause: unknown) => {
    throw new OperatorError(
      `relay.preload: there is no ${options.preload}, and without it everybody could watch the camera`,
      { cause },
    );
  });
  for (let start = 1; ; start += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      if (!(error instanceof PortTakenError) || start === startsOnBusyPorts) throw error;
    }
  }
}
