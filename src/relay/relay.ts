import { access } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Child } from '../lib/child.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import { aborted, TimeoutError, within } from '../lib/until.ts';
import { type Media, mediaOf, readSdp } from '../media/sdp.ts';
import { describe } from './describe.ts';
import { Diagnosis, NoStreamError, presentable, StreamRefusedError } from './diagnosis.ts';
import { freePort } from './port.ts';
import { listeners } from './proc.ts';
import { assertUnreachable, FloodMeter, RelayFaultError, watchProcess } from './watch.ts';

export { NoStreamError, StreamRefusedError } from './diagnosis.ts';
export { RelayFaultError } from './watch.ts';

export interface RelayOptions {
  /** The camera's stream: rtsp://[user:password@]host:port/path. */
  readonly source: string;
  /** live555ProxyServer. */
  readonly program: string;
  /** The library that keeps it on loopback (loopback-only.c). */
  readonly preload: string;
  readonly log: Log;
  /** From the start of the program to the camera's media; 10 s unless given. */
  readonly readyWithinMs?: number;
  /** Gives up the start. A relay that has started ends when it is disposed of. */
  readonly signal: AbortSignal;
}

/** A running live555ProxyServer: the one client of a camera, and any number of readers' server. */
export interface Relay extends AsyncDisposable {
  /** Where readers find the stream, on 127.0.0.1. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly media: Media;
  /**
   * Resolves when `signal` aborts or the relay has been disposed of; rejects when the relay died, or
   * had to be killed because it spun, flooded its log or could be reached from other machines.
   */
  ended(signal: AbortSignal): Promise<void>;
}

const readyWithinMs = 10_000;
/** A relay needs a few megabytes. */
const maxMemoryBytes = 256 * 1024 ** 2;
const startsOnBusyPorts = 5;
/** Between two looks at where a relay listens that does not answer. */
const lookEachMs = 1_000;

/** Somebody else was quicker: live555ProxyServer would go on with IPv6 alone and say nothing. */
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
  /** On its port of 127.0.0.1, and nowhere that others could reach. */
  #listens = false;
  #watching: Promise<void> = Promise.resolve();
  #killed: Promise<void> | undefined;
  media: Media = {};

  constructor({ source, program, preload, log }: RelayOptions, port: number) {
    this.port = port;
    this.#log = log;
    this.diagnosis = new Diagnosis(source);
    let newest = '';
    const flood = new FloodMeter((error) => {
      this.#kill(new RelayFaultError(`${error.message}: ${presentable(newest).slice(0, 200)}`));
    });
    this.#child = new Child({
      name: 'relay',
      file: program,
      // -V: the only way to learn why it gets no stream; it writes nothing while one flows.
      args: ['-V', '-t', '-p', String(port), source],
      env: { LD_PRELOAD: preload },
      graceMs: 1_000,
      memoryBytes: maxMemoryBytes,
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
    // What a dying program says may have the password in it, so its error is not kept as the cause.
    throw new RelayFaultError(presentable(describeError(died)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.end();
    await (this.#killed ?? this.#child.stop());
    await this.#watching;
    this.#life[Symbol.dispose]();
  }

  /** Why it was not ready within `waitedMs`. */
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
    // A relay that found its port taken listens elsewhere and answers nothing here. Looking where it
    // listens costs far more than asking it, though, and many relays may start at a time.
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

  /** Whether it is our program that has the port, on IPv4, and none beyond loopback. */
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
 * @throws {StreamRefusedError} the camera wants another password or path, or has no video
 * @throws {NoStreamError} it has none within the time, with what is known of why
 * @throws {RelayFaultError} the relay died, or did not listen
 * @throws {OperatorError} the relay can't be used on this machine
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
