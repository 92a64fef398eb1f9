import { Pace, type PaceLimits } from './pace.ts';

/** The parser is not fed more than this at once. */
const pieceBytes = 4 * 1024;

export interface PacedReaderOptions {
  readonly socket: { pause(): void; resume(): void };
  readonly limits: PaceLimits;
  /** Handles the next bytes. Calls {@link PacedReader.spend} for each message in them. */
  readonly take: (piece: Buffer) => void;
  /** Called once, when the peer has been over the pace for too long. */
  readonly onOver: () => void;
}

/**
 * Feeds the bytes of one connection to its parser: in small pieces, and no
 * faster than its pace. Meanwhile the socket is paused, so that the peer must wait.
 */
export class PacedReader implements Disposable {
  readonly #options: PacedReaderOptions;
  readonly #pace: Pace;
  readonly #held: Buffer[] = [];
  #cancel: (() => void) | undefined;
  #isEnded = false;

  constructor(options: PacedReaderOptions) {
    this.#options = options;
    this.#pace = new Pace(options.limits);
  }

  push(chunk: Buffer): void {
    if (this.#isEnded) return;
    this.#held.push(chunk);
    if (this.#cancel === undefined) this.#go();
  }

  /** One message was handled, which counts as `cost`. */
  spend(cost = 1): void {
    this.#pace.spend(cost);
  }

  [Symbol.dispose](): void {
    this.#isEnded = true;
    this.#cancel?.();
    this.#held.length = 0;
  }

  #go(): void {
    const { socket, take, onOver } = this.#options;
    this.#cancel = undefined;
    for (let piece = this.#next(); piece !== undefined; piece = this.#next()) {
      take(piece);
      if (this.#isEnded) return;
      const restMs = this.#pace.restMs();
      if (this.#pace.isOver) {
        this[Symbol.dispose]();
        onOver();
        return;
      }
      if (restMs !== undefined) {
        socket.pause();
        this.#later(restMs);
        return;
      }
    }
    socket.resume();
  }

  #next(): Buffer | undefined {
    const chunk = this.#held.shift();
    if (chunk === undefined || chunk.length <= pieceBytes) return chunk;
    this.#held.unshift(chunk.subarray(pieceBytes));
    return chunk.subarray(0, pieceBytes);
  }

  #later(waitMs: number): void {
    const go = (): void => this.#go();
    if (waitMs === 0) {
      const immediate = setImmediate(go);
      this.#cancel = () => clearImmediate(immediate);
    } else {
      const timer = setTimeout(go, waitMs);
      this.#cancel = () => clearTimeout(timer);
    }
  }
}
