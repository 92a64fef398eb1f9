import type { ViewerStatus } from '../contract/viewers.ts';
import type { RelayPlace } from './place.ts';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describeError } from '../lib/errors.ts';
import type { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { Pace, type PaceLimits } from '../lib/pace.ts';
import { Scope } from '../lib/scope.ts';
import type { Gatekeeper, KnownViewer, Stranger } from './gatekeeper.ts';
import {
  type Answer,
  formatAnswer,
  type Message,
  MessageReader,
  ProtocolError,
} from '../media/rtsp/message.ts';
import { type Answered, Dialogue } from './dialogue.ts';
import type { PlayerSession } from './viewing.ts';

/** Timeouts in milliseconds, and a limit. */
export interface PlayerPatience {
  /** From the connection until the player gets a camera. */
  readonly greetingMs: number;
  /** How long a player that isn't playing may send nothing. */
  readonly idleMs: number;
  /** How long a camera may send nothing. Its relay would not tell. */
  readonly silenceMs: number;
  /** How long a viewer may read nothing. */
  readonly stallMs: number;
  /** Most bytes that wait for a slow viewer. */
  readonly maxBufferedBytes: number;
  /** How fast a player may ask. */
  readonly requests: PaceLimits;
}

export interface ConnectionOptions {
  readonly address: string;
  readonly network: string;
  readonly domain: string | undefined;
  readonly patience: PlayerPatience;
  readonly gatekeeper: Gatekeeper;
  readonly gate: FloodGate;
  readonly log: Log;
  relayPlace(account: string, camera: string): RelayPlace;
  /** Takes a seat among the viewers. @returns a function that frees it, or why there is none. */
  takeSeat(account: string): (() => void) | string;
  /** Called when the connection has a camera and no longer counts as a stranger. */
  onSeated(): void;
}

const goodbyeMs = 1_000;

/** One connection of a player. */
export class ViewerConnection implements Stranger {
  readonly nonce = randomBytes(16).toString('hex');
  readonly secure: boolean;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #life = new Scope();
  readonly #dialogue: Dialogue;
  /** Since when the connection has no camera. */
  #strangerSince = performance.now();
  #heardAt = performance.now();
  #sent = 0;
  #progress = { sent: 0, at: 0 };
  #dropped: string | undefined;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.secure = socket instanceof TLSSocket;
    this.#dialogue = new Dialogue({
      ...options,
      relayPlace: (account, camera) => options.relayPlace(account, camera),
      takeSeat: (account) => options.takeSeat(account),
      onSeated: () => options.onSeated(),
      stranger: this,
      write: (bytes) => this.#write(bytes),
      sent: () => this.#sent,
      drop: (reason) => this.drop(reason),
    });
  }

  get address(): string {
    return this.#options.address;
  }

  get network(): string {
    return this.#options.network;
  }

  get domain(): string | undefined {
    return this.#options.domain;
  }

  get serverName(): string | undefined {
    const name = this.#socket instanceof TLSSocket ? this.#socket.servername : undefined;
    return typeof name === 'string' ? name : undefined;
  }

  get closed(): AbortSignal {
    return this.#life.signal;
  }

  /** Who watches which camera; undefined if nobody does. */
  get status(): ViewerStatus | undefined {
    const { viewing, known, player, sinceMs } = this.#dialogue;
    if (viewing === undefined || known === undefined || viewing.state === 'describing') return;
    const { account, camera } = viewing.place;
    const { address, secure } = this;
    const viewer = known.viewer.name;
    const { state } = viewing;
    return { account, camera, viewer, address, secure, player, state, sinceMs, bytes: this.#sent };
  }

  get known(): KnownViewer | undefined {
    return this.#dialogue.known;
  }

  get viewing(): PlayerSession | undefined {
    return this.#dialogue.viewing;
  }

  /** Talks with the player until the connection has gone. Never rejects. */
  async run(): Promise<void> {
    const socket = this.#socket;
    socket.once('close', () => this.#life.end(new Error('the connection was closed')));
    // The reason is reported when the loop ends.
    socket.on('error', (error) => (this.#dropped ??= describeError(error)));
    try {
      const reader = new MessageReader();
      const pace = new Pace(this.#options.patience.requests);
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
        this.#heardAt = performance.now();
        for (const message of reader.read(chunk as Buffer)) {
          if (message.kind === 'request') await pace.turn();
          if (pace.isOver) this.drop('the player asks too often');
          if (this.#socket.destroyed) return;
          await this.#take(message);
        }
      }
    } catch (error) {
      await this.#fail(error);
    } finally {
      await this.#dialogue.end(this.#dropped ?? 'the player hung up');
      socket.destroy();
      if (!socket.closed) await once(socket, 'close');
      this.#life[Symbol.dispose]();
    }
  }

  drop(reason: string): void {
    this.#dropped ??= reason;
    this.#socket.destroy();
  }

  /** Checks the timeouts. Call it about every second. */
  tick(now: number): void {
    const { greetingMs, idleMs, silenceMs, stallMs } = this.#options.patience;
    const viewing = this.#dialogue.viewing;
    const flushed = this.#sent - this.#socket.writableLength;
    if (this.#socket.writableLength === 0 || flushed !== this.#progress.sent) {
      this.#progress = { sent: flushed, at: now };
    }
    if (viewing !== undefined) this.#strangerSince = now;
    if (now - this.#strangerSince > greetingMs) {
      this.drop('the player asked for no camera in time');
    } else if (viewing?.state !== 'playing' && now - this.#heardAt > idleMs) {
      this.drop('the player said nothing for too long');
    } else if ((viewing?.silentMs(now) ?? 0) > silenceMs) {
      this.drop('the camera sends nothing');
    } else if (now - this.#progress.at > stallMs) {
      this.drop('the player reads nothing');
    } else {
      viewing?.keepAlive(now);
    }
  }

  async #take(message: Message): Promise<void> {
    if (message.kind === 'frame') return this.#dialogue.viewing?.receive(message);
    // We send no requests, so we expect no responses.
    if (message.kind === 'response') throw new ProtocolError(400, 'a response without a request');
    const cseq = message.headers.get('cseq') ?? '';
    if (!/^\d{1,10}$/.test(cseq)) throw new ProtocolError(400, 'no CSeq, or one that is no number');
    const answered: Answered = await this.#dialogue.answer(message);
    this.#write(formatAnswer(answered.answer, cseq));
    answered.afterwards?.();
  }

  #write(bytes: Buffer): void {
    if (this.#socket.destroyed || !this.#socket.writable) return;
    this.#sent += bytes.length;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > this.#options.patience.maxBufferedBytes) {
      this.drop('the player reads too slowly');
    }
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#socket.destroyed) return;
    const { gate, address, network } = this.#options;
    if (error instanceof ProtocolError) {
      this.#dropped ??= `the player does not speak RTSP: ${error.message}`;
      gate.warn(`protocol ${network}`, 'what was sent is not RTSP', {
        address,
        cause: error.message,
      });
      const { status, protocol } = error;
      await this.#sayGoodbye({ status, headers: [['Connection', 'close']] }, protocol);
    } else {
      this.#dropped ??= describeError(error);
      gate.warn('failed', 'a request could not be answered', { address, cause: this.#dropped });
      await this.#sayGoodbye({ status: 500 });
    }
  }

  /** Sends a last answer. Reads on for a moment, lest a reset destroys the answer on its way. */
  async #sayGoodbye(answer: Answer, protocol?: string): Promise<void> {
    const socket = this.#socket;
    socket.end(formatAnswer(answer, undefined, protocol));
    socket.resume();
    const cut = setTimeout(() => socket.destroy(), goodbyeMs);
    if (!socket.closed) await once(socket, 'close').catch(() => {});
    clearTimeout(cut);
  }
}
