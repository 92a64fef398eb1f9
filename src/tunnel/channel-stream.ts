import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { ServerChannel } from 'ssh2';
import { ChannelWindow, firstWindowBytes } from './channel-window.ts';
import { limitReadBuffer, takeOverWindow } from './ssh2-internals.ts';

export interface ChannelStreamOptions {
  /** The socket under the connection; we write no faster than it drains. */
  readonly socket: Socket;
  /** How long the camera may take to confirm that the channel is closed. */
  readonly closeWithinMs: number;
  /** Called once both sides have closed the channel. */
  readonly onClosed: () => void;
  /** Called when the camera does not close its side in time. */
  readonly onStuck: () => void;
}

const readBufferBytes = 256 * 1024;

/**
 * An SSH channel as an ordinary stream: it can be half-closed and destroyed, and applies the
 * back-pressure of its reader and of the socket. A server's ssh2 channel closes both ways when one
 * way ends, never calls back for a write after its end, throws from a write after the connection's
 * end, and ignores destroy().
 */
export class ChannelStream extends Duplex {
  readonly #channel: ServerChannel;
  readonly #options: ChannelStreamOptions;
  #closed = false;
  #closeTimer: NodeJS.Timeout | undefined;
  #unfinishedWrite: ((error?: Error) => void) | undefined;

  constructor(channel: ServerChannel, options: ChannelStreamOptions) {
    super({ highWaterMark: 64 * 1024, allowHalfOpen: true });
    this.#channel = channel;
    this.#options = options;
    limitReadBuffer(channel, readBufferBytes);
    // Users of the stream add their own listener; an error before that must not end the daemon.
    this.on('error', () => {});
    channel.on('error', (error: Error) => this.destroy(error));
    channel.on('end', () => this.push(null));
    channel.once('close', () => this.#onClose());
    const window = new ChannelWindow(takeOverWindow(channel, firstWindowBytes));
    channel.on('data', (chunk: Buffer) => {
      window.consumed(chunk.length, performance.now());
      if (!this.destroyed && !this.push(chunk)) channel.pause();
    });
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    const { socket } = this.#options;
    const finish = (error?: Error): void => {
      if (this.#unfinishedWrite !== finish) return;
      this.#unfinishedWrite = undefined;
      socket.removeListener('drain', send);
      done(error);
    };
    const send = (): void => {
      try {
        this.#channel.write(chunk, () => finish());
      } catch (error) {
        finish(error instanceof Error ? error : new Error(String(error)));
      }
    };
    this.#unfinishedWrite = finish;
    if (this.#closed) finish(new Error('the camera has closed this connection'));
    else if (socket.writableNeedDrain) socket.once('drain', send);
    else send();
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#closed) this.#channel.eof();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { closeWithinMs, onStuck } = this.#options;
    this.#unfinishedWrite?.(error ?? new Error('the connection was closed'));
    if (!this.#closed) {
      this.#closeTimer = setTimeout(onStuck, closeWithinMs);
      discard(this.#channel);
    }
    done(error);
  }

  #onClose(): void {
    this.#closed = true;
    clearTimeout(this.#closeTimer);
    this.#unfinishedWrite?.(new Error('the camera has closed this connection'));
    this.#options.onClosed();
  }
}

/** Closes a channel that nobody reads. */
function discard(channel: ServerChannel): void {
  // ssh2 emits 'close' only after all received data has been read.
  channel.resume();
  try {
    channel.destroy();
  } catch {
    // The connection is gone, and with it the channel.
  }
}
