import type { Socket } from 'node:net';
import type { AuthContext, ClientInfo, Connection as SshConnection } from 'ssh2';
import { describeError } from '../lib/errors.ts';
import type { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import type { PaceLimits } from '../lib/pace.ts';
import { PacedReader } from '../lib/paced-reader.ts';
import { formatCameraName } from '../model/camera-name.ts';
import {
  type GuestList,
  judge,
  printable,
  printableUser,
  type KeyVerdict,
} from './authentication.ts';
import { CameraTunnel, type TunnelLimits } from './camera-tunnel.ts';
import type { DialIns } from './dial-ins.ts';
import { interpose } from './ssh2-internals.ts';
import { TunnelGoneError } from './tunnel.ts';

export interface ConnectionLimits extends TunnelLimits {
  /** How long a connection may take to log in. */
  readonly loginGraceMs: number;
  /** Limit of authentication requests per connection, not counting a first one of method `none`. */
  readonly maxLoginAttempts: number;
  /** Limit of bytes received before login; an honest client needs less than 10 KB. */
  readonly maxReceivedBeforeLogin: number;
  /** The same before the client has said that it speaks SSH, which it does in its first 255 bytes. */
  readonly maxReceivedBeforeName: number;
  /** Limits of bytes that wait for a peer that doesn't read, before and after login. */
  readonly maxUnsentBeforeLogin: number;
  readonly maxUnsent: number;
  /** Limit of key exchanges per minute after login. Dropbear makes one per GB. */
  readonly maxKeyExchangesPerMinute: number;
  /** Limits of what a connection may send, in messages; one that must be answered counts as 100. */
  readonly pace: PaceLimits;
  /** How often a silent camera gets a keep-alive request. After three in vain, it is dropped. */
  readonly keepaliveMs: number;
}

/** `refused`: a login was refused. `abandoned`: a faulty connection was closed before its login. */
export type LoginEvent = 'refused' | 'abandoned';

/** What all connections of a server share. */
export interface ConnectionContext {
  readonly limits: ConnectionLimits;
  readonly log: Log;
  readonly gate: FloodGate;
  readonly guests: GuestList;
  readonly dialIns: DialIns;
  readonly nextId: () => number;
  readonly count: (event: LoginEvent) => void;
  /** Called when a camera has logged in. */
  readonly onTunnel: (tunnel: CameraTunnel) => void;
}

/** A message that must be answered costs more, and a camera needs few of them. */
const answerCost = 100;

type EndKind = 'closed' | 'died';

/** One TCP connection, from acceptance to end. The first fault of the peer ends it. */
export class CameraConnection {
  readonly #socket: Socket;
  readonly #address: string;
  readonly #context: ConnectionContext;
  readonly #graceTimer: NodeJS.Timeout;
  readonly #onLoggedInOrGone: () => void;
  readonly #keyExchangesMs: number[] = [];
  #ssh: SshConnection | undefined;
  #reader: PacedReader | undefined;
  #client = '';
  #attempts = 0;
  #proven: Extract<KeyVerdict, { kind: 'accept' }> | undefined;
  #tunnel: CameraTunnel | undefined;
  #ended = false;
  #heardAt = performance.now();

  constructor(
    socket: Socket,
    address: string,
    context: ConnectionContext,
    onLoggedInOrGone: () => void,
  ) {
    this.#socket = socket;
    this.#address = address;
    this.#context = context;
    this.#onLoggedInOrGone = onLoggedInOrGone;
    const { loginGraceMs } = context.limits;
    this.#graceTimer = setTimeout(
      () => this.#abandon('grace', `it did not log in within ${loginGraceMs / 1000} s`),
      loginGraceMs,
    );
    socket.on('data', () => {
      this.#heardAt = performance.now();
      this.#checkBounds();
    });
    // SSH has no half-open connections, but ssh2 would wait for a peer that never closes its side.
    const onHangUp = (): void => this.#end('died', 'the camera closed the connection');
    socket.once('end', onHangUp);
    socket.once('finish', onHangUp);
    socket.once('close', onHangUp);
    socket.on('error', (error) => this.#end('died', 'the connection broke', error));
  }

  /** Called when the peer has identified itself as an SSH client. */
  begin(ssh: SshConnection, info: ClientInfo): void {
    this.#ssh = ssh;
    this.#client = printable(info.header.versions.software);
    // Never removed: ssh2 may emit many errors, and one without a listener would end the daemon.
    ssh.on('error', (error: Error) => this.#fail(error));
    ssh.on('authentication', (context) => this.#authenticate(context));
    ssh.on('rekey', () => this.#onKeyExchange());
    ssh.once('ready', () => this.#onReady(ssh));
    this.#setPace(ssh);
  }

  #setPace(ssh: SshConnection): void {
    const { pace } = this.#context.limits;
    const reader = new PacedReader({
      socket: this.#socket,
      limits: pace,
      take: (piece) => {
        try {
          parse(piece);
        } catch (error) {
          ssh.emit('error', error);
        }
      },
      onOver: () => {
        const perSecond = Math.round(1_000 / pace.rate.everyMs);
        this.#abandon(
          'pace',
          `it sends more than ${perSecond} messages a second, or ${perSecond / answerCost} that must be answered`,
        );
      },
    });
    const parse = interpose(
      ssh,
      (chunk) => reader.push(chunk),
      (asks) => reader.spend(asks ? answerCost : 1),
    );
    this.#reader = reader;
  }

  /** Tells the peer, if it still reads, and destroys the socket at once. */
  close(reason: string): void {
    this.end(new TunnelGoneError('closed', reason));
  }

  end(reason: TunnelGoneError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#release();
    this.#reader?.[Symbol.dispose]();
    if (reason.how === 'closed') this.#ssh?.end();
    this.#socket.destroy();
    this.#tunnel?.gone(reason);
  }

  #end(how: EndKind, message: string, cause?: Error): void {
    this.end(new TunnelGoneError(how, message, cause === undefined ? {} : { cause }));
  }

  /** Ends the connection for a fault of the peer. Logs that if the peer has not logged in. */
  #abandon(kind: string, message: string, cause?: Error): void {
    if (this.#ended) return;
    if (this.#tunnel === undefined) {
      this.#context.count('abandoned');
      this.#context.gate.warn(kind, `closed a connection that has not logged in: ${message}`, {
        address: this.#address,
        client: this.#client === '' ? undefined : this.#client,
      });
    }
    this.#end('died', message, cause);
  }

  #release(): void {
    clearTimeout(this.#graceTimer);
    this.#onLoggedInOrGone();
  }

  #checkBounds(): void {
    const { maxUnsent, maxUnsentBeforeLogin, maxReceivedBeforeLogin, maxReceivedBeforeName } =
      this.#context.limits;
    const stranger = this.#tunnel === undefined;
    if (this.#socket.writableLength > (stranger ? maxUnsentBeforeLogin : maxUnsent)) {
      this.#abandon('unread', 'it asks and asks, and does not read the answers');
    } else if (this.#ssh === undefined && this.#socket.bytesRead > maxReceivedBeforeName) {
      // ssh2 reads all of it again with each piece that comes.
      this.#abandon('name', `it sent ${maxReceivedBeforeName / 1024} KB that are no SSH`);
    } else if (stranger && this.#socket.bytesRead > maxReceivedBeforeLogin) {
      this.#abandon('talk', `it sent ${maxReceivedBeforeLogin / 1024} KB`);
    }
  }

  #onKeyExchange(): void {
    if (this.#tunnel === undefined) {
      this.#abandon('rekey', 'it exchanges keys a second time');
      return;
    }
    const now = performance.now();
    this.#keyExchangesMs.push(now);
    const { maxKeyExchangesPerMinute } = this.#context.limits;
    if (this.#keyExchangesMs.length <= maxKeyExchangesPerMinute) return;
    const oldest = this.#keyExchangesMs.shift() ?? 0;
    if (now - oldest < 60_000) this.#abandon('rekey', 'it exchanges keys over and over');
  }

  #fail(error: Error): void {
    const { keepaliveMs } = this.#context.limits;
    const silent = (error as { level?: string }).level === 'client-timeout';
    const message = silent
      ? `no sign of life from the camera for ${(4 * keepaliveMs) / 1000} s`
      : /no matching/.test(error.message)
        ? `${error.message} (an old dropbear may need "algorithms: legacy")`
        : describeError(error);
    this.#abandon(`failure ${message.replace(/\d+/g, 'N')}`, message, error);
  }

  #authenticate(context: AuthContext): void {
    // The request arrived together with the one that ended or decided the login.
    if (this.#ended || this.#proven !== undefined) return context.reject();
    const verdict = this.#judge(context);
    if (context.method !== 'none' || this.#attempts > 0) this.#attempts += 1;
    if (verdict.kind === 'accept') {
      this.#proven = verdict;
      if (verdict.enrolled) {
        this.#context.log.info('a new camera enrolled itself', {
          camera: formatCameraName(verdict.camera),
          address: this.#address,
          fingerprint: verdict.fingerprint,
          user: printableUser(context.username),
        });
      }
      return this.#accept(context, verdict);
    }
    if (verdict.kind === 'may sign') {
      if (this.#attempts <= this.#context.limits.maxLoginAttempts) return context.accept();
    } else if (verdict.reason !== undefined) {
      const { gate, count } = this.#context;
      count('refused');
      gate.warn(`login ${verdict.reason}`, `refused to let a client in: ${verdict.reason}`, {
        address: this.#address,
        user: printableUser(context.username),
        client: this.#client,
      });
    }
    context.reject(['publickey']);
    if (this.#attempts >= this.#context.limits.maxLoginAttempts) {
      this.#abandon('attempts', `it was refused ${this.#attempts} times`);
    }
  }

  /** Lets the camera in, now or when it may dial in again. It has logged in as far as strangers are bounded. */
  #accept(context: AuthContext, { camera }: Extract<KeyVerdict, { kind: 'accept' }>): void {
    const { dialIns, gate } = this.#context;
    const name = formatCameraName(camera);
    this.#release();
    const waitMs = dialIns.enter(
      name,
      () => {
        if (!this.#ended) context.accept();
      },
      () => this.#end('closed', 'a newer connection of the camera waits'),
    );
    if (waitMs === 0) return;
    gate.warn(`often ${name}`, 'a camera dials in again and again, and must wait', {
      camera: name,
      address: this.#address,
      waitMs,
    });
  }

  #judge(context: AuthContext): KeyVerdict {
    try {
      return judge(context, this.#context.guests);
    } catch (error) {
      this.#context.log.error('can not look up the key of a camera, which is refused', {
        address: this.#address,
        cause: describeError(error),
      });
      return { kind: 'refuse' };
    }
  }

  #onReady(ssh: SshConnection): void {
    if (this.#ended || this.#proven === undefined) return;
    this.#release();
    this.#tunnel = new CameraTunnel({
      ...this.#context.limits,
      id: this.#context.nextId(),
      camera: this.#proven.camera,
      keyFingerprint: this.#proven.fingerprint,
      remoteAddress: this.#address,
      client: this.#client,
      connection: ssh,
      socket: this.#socket,
      gate: this.#context.gate,
      heardWithin: (ms) => performance.now() - this.#heardAt <= ms,
      end: (reason) => this.end(reason),
    });
    this.#context.onTunnel(this.#tunnel);
  }
}
