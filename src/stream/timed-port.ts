import { connect, type Socket } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { LoopbackServer } from '../lib/loopback-server.ts';
import type { StreamProblems } from './camera-line.ts';
import { TimedAnswers, type TimedLine } from './timed-answers.ts';

export interface TimedPortOptions {
  /** The relay's rtsp:// address. */
  readonly relayUrl: string;
  readonly line: TimedLine;
  readonly clock: Clock;
  readonly log: Log;
}

/** Ample: the only reader is the recorder. */
const maxReaders = 4;

/**
 * A port of 127.0.0.1 that leads to a relay, and tells its reader when each picture was taken, in
 * seconds since 1970 UTC.
 */
export class TimedPort implements AsyncDisposable {
  readonly #options: TimedPortOptions;
  readonly #server: LoopbackServer;
  #newest: TimedAnswers | undefined;

  private constructor(options: TimedPortOptions) {
    this.#options = options;
    this.#server = new LoopbackServer({
      maxConnections: maxReaders,
      onConnection: (reader) => this.#join(reader),
      onError: (error) => {
        options.log.warn('the recorder can not be connected to its relay', {
          cause: describeError(error),
        });
      },
    });
  }

  static async open(options: TimedPortOptions): Promise<TimedPort> {
    const port = new TimedPort(options);
    await port.#server.listen();
    return port;
  }

  get url(): string {
    return `rtsp://127.0.0.1:${this.#server.port}${new URL(this.#options.relayUrl).pathname}`;
  }

  /** When the newest picture that was handed on was taken: milliseconds since 1970 UTC. */
  get lastPictureAtMs(): number | undefined {
    return this.#newest?.lastPictureAtMs;
  }

  /** Number of pictures that were handed on to the present reader. */
  get pictures(): number {
    return this.#newest?.pace.count ?? 0;
  }

  /** In milliseconds; undefined while too few pictures came. */
  get usualPauseMs(): number | undefined {
    return this.#newest?.pace.usualPauseMs;
  }

  /** Why what the camera sends can't be recorded. */
  get problems(): Readonly<StreamProblems> {
    return this.#options.line.problems ?? {};
  }

  /** Whether sound came to the present reader, wanted or not. */
  get hasSound(): boolean {
    return this.#newest?.hasSound ?? false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }

  #join(reader: Socket): void {
    const { relayUrl, line, clock, log } = this.#options;
    const { hostname, port } = new URL(relayUrl);
    const relay = connect({ host: hostname, port: Number(port), noDelay: true });
    const answers = new TimedAnswers(line, clock);
    this.#newest = answers;
    for (const [socket, other] of [
      [reader, relay],
      [relay, reader],
    ] as const) {
      socket.once('close', () => other.destroy());
      // What was sent before an end is still delivered.
      socket.once('end', () => other.end());
      socket.on('error', () => socket.destroy());
      socket.on('drain', () => other.resume());
    }
    const orEnd = (work: () => void): void => {
      try {
        work();
      } catch (error) {
        log.debug('the recorder was disconnected from the relay', { cause: describeError(error) });
        reader.destroy();
      }
    };
    reader.on('data', (chunk: Buffer) => {
      orEnd(() => {
        if (!relay.write(Buffer.concat([...answers.asks(chunk), chunk]))) reader.pause();
      });
    });
    relay.on('data', (chunk: Buffer) => {
      orEnd(() => {
        reader.cork();
        for (const bytes of answers.rewrite(chunk)) reader.write(bytes);
        reader.uncork();
        if (reader.writableNeedDrain) relay.pause();
      });
    });
  }
}
