import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { eventually } from '../support/until.ts';

interface Protocol {
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(length: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  readonly _cipher: { encrypt(packet: Buffer): void };
  readonly _authsQueue: string[];
  readonly _handlers: Record<string, (...args: unknown[]) => void>;
  ping(): void;
  rekey(): void;
  session(channel: number, window: number, packet: number): void;
  directTcpip(channel: number, window: number, packet: number, to: object): void;
  channelData(channel: number, data: Buffer): void;
}

export interface StrangerOptions extends ConnectConfig {
  readonly port: number;
  /** To come from another address: 127.0.0.2 and so on. */
  readonly from?: string;
  /** Log in as the configuration says; else it only exchanges keys, and is left to do what it likes. */
  readonly logIn?: boolean;
}

/** An SSH client that keeps to the protocol only as far as it is told to. */
export class Stranger implements AsyncDisposable {
  readonly client: Client = new ssh2.Client();
  readonly socket: Socket;
  /** Requests to log in that the server has refused. */
  refusals = 0;
  keyExchanges = 0;

  constructor(options: StrangerOptions) {
    const { port, from = '127.0.0.1', logIn = false, ...config } = options;
    this.socket = connect({ host: '127.0.0.1', port, localAddress: from, noDelay: true });
    this.socket.on('error', () => {});
    this.client.on('error', () => {});
    this.client.on('handshake', () => {
      this.keyExchanges += 1;
    });
    this.client.connect({
      username: 'bach.door',
      ...config,
      sock: this.socket,
      ...(logIn
        ? {}
        : {
            authHandler: () => {
              this.refusals += 1;
              // Undecided for ever, so that ssh2 leaves it to us what comes next.
              return undefined as never;
            },
          }),
    });
  }

  /** One that has exchanged keys with the server, or logged in if it was told to. */
  static async connect(options: StrangerOptions): Promise<Stranger> {
    const stranger = new Stranger(options);
    const signal = AbortSignal.timeout(20_000);
    await once(stranger.client, options.logIn === true ? 'ready' : 'handshake', { signal });
    return stranger;
  }

  get protocol(): Protocol {
    return (this.client as unknown as { readonly _protocol: Protocol })._protocol;
  }

  get isOpen(): boolean {
    return !this.socket.destroyed && this.socket.writable;
  }

  /** Sends one message, encrypted, whatever it says. */
  send(payload: Buffer): void {
    if (!this.isOpen) return;
    const { _packetRW, _cipher } = this.protocol;
    const start = _packetRW.write.allocStart;
    const packet = _packetRW.write.alloc(payload.length);
    packet.set(payload, start);
    _cipher.encrypt(_packetRW.write.finalize(packet));
  }

  /** Resolves when what was sent is on its way, or the connection is gone; at the latest after 200 ms. */
  async drain(): Promise<void> {
    const deadline = performance.now() + 200;
    while (this.socket.writableNeedDrain && this.isOpen && performance.now() < deadline) {
      await delay(1);
    }
  }

  /** Resolves when the server has ended the connection; false if it has not within `withinMs`. */
  async ended(withinMs: number): Promise<boolean> {
    this.socket.resume();
    return await eventually('its end', withinMs, () => this.socket.closed).catch(() => false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.ended(1_000);
  }
}
