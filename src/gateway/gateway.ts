import type { RelayPlace } from './place.ts';
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { unwaited } from '../lib/background.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { Certificate, type CertificateFiles } from './certificate.ts';
import { type PlayerPatience, ViewerConnection } from './connection.ts';
import type { ViewerStatus } from '../contract/viewers.ts';
import type { ViewerAccess } from '../model/viewer.ts';
import { Gatekeeper } from './gatekeeper.ts';
import { Quota } from './quota.ts';
import type { ThrottleOptions } from './throttle.ts';
import { networkOf, plainAddress } from '../lib/addresses.ts';
import { Admission } from '../lib/admission.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

export interface GatewayLimits {
  readonly viewers: number;
  readonly viewersPerAccount: number;
  /** Per IPv4 address or IPv6 network (/64). A whole office may share one address. */
  readonly viewersPerAddress: number;
  /** Connections that have not got a camera yet. */
  readonly strangers: number;
  readonly strangersPerAddress: number;
}

export interface GatewayOptions {
  /** RTSP without TLS. */
  readonly listen?: ListenOptions | undefined;
  /** RTSP over TLS (RTSPS). */
  readonly listenTls?: (ListenOptions & CertificateFiles) | undefined;
  /** The host name ACCOUNT.domain names an account. */
  readonly domain?: string | undefined;
  /** The realm given to {@link credentialsOf}; changing it makes all passwords invalid. */
  readonly realm: string;
  /** Lets players without Digest send the password itself, readable for anyone on the way. */
  readonly basicWithoutTls?: boolean;
  /** The viewer of the account with that user name. Also called for accounts that don't exist. */
  findViewer(account: string, user: string): ViewerAccess | undefined;
  relayPlace(account: string, camera: string): RelayPlace;
  readonly limits?: Partial<GatewayLimits>;
  readonly patience?: Partial<PlayerPatience>;
  /** How password guessing is slowed down. */
  readonly throttle?: Partial<ThrottleOptions>;
  readonly log: Log;
}

/** Which viewers to disconnect. */
export interface Selection {
  readonly account: string;
  readonly camera?: string;
  /** The user name. */
  readonly viewer?: string;
}

/** The public RTSP server. Disposal disconnects all viewers and waits for that. */
export interface Gateway extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number } | undefined;
  readonly addressTls: { readonly host: string; readonly port: number } | undefined;
  viewers(): ViewerStatus[];
  /** For viewers whose password was changed, or whose camera or account was removed. */
  disconnect(whom: Selection, reason: string): void;
  /** Changes the limits. Existing connections stay. */
  limit(limits: Partial<GatewayLimits>): void;
  /**
   * Reads certificate and key again, for new connections; also done automatically within a minute
   * of a change. On failure the old ones stay in use.
   *
   * @throws {OperatorError} if the files can't be used
   */
  reloadTls(): Promise<void>;
}

const defaultLimits: GatewayLimits = {
  viewers: 500,
  viewersPerAccount: 50,
  viewersPerAddress: 50,
  strangers: 500,
  strangersPerAddress: 32,
};

const defaultPatience: PlayerPatience = {
  greetingMs: 20_000,
  idleMs: 90_000,
  silenceMs: 15_000,
  stallMs: 15_000,
  maxBufferedBytes: 1024 ** 2,
  requests: { rate: { burst: 200, everyMs: 20 }, perTurn: 20, patienceMs: 5_000 },
};

/** A younger stranger is not evicted. Even a throttled player asks for its camera sooner. */
const strangerPatienceMs = 5_000;
const tickMs = 1_000;
const certificateCheckMs = 60_000;

/**
 * Starts the RTSP server for viewers.
 *
 * @throws {OperatorError} if it can't listen, or the certificate can't be used
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { listenTls } = options;
  const certificate = listenTls && (await Certificate.load(listenTls));
  const gateway = new PublicGateway(options, certificate);
  try {
    await gateway.listen();
    return gateway;
  } catch (error) {
    await gateway[Symbol.asyncDispose]();
    throw error;
  }
}

class PublicGateway implements Gateway {
  readonly #options: GatewayOptions;
  #limits: GatewayLimits;
  readonly #patience: PlayerPatience;
  readonly #certificate: Certificate | undefined;
  readonly #gate: FloodGate;
  readonly #gatekeeper: Gatekeeper;
  readonly #quota = new Quota();
  readonly #connections = new Map<ViewerConnection, Promise<void>>();
  /** Of the connections without a camera. */
  readonly #admission = new Admission(() => {
    return {
      most: this.#limits.strangers,
      mostPerNetwork: this.#limits.strangersPerAddress,
      patienceMs: strangerPatienceMs,
    };
  });
  readonly #plain: Server;
  readonly #tls: Server;
  readonly #ticking: NodeJS.Timeout;
  readonly #checking: NodeJS.Timeout;

  constructor(options: GatewayOptions, certificate: Certificate | undefined) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#patience = { ...defaultPatience, ...options.patience };
    this.#certificate = certificate;
    this.#gate = new FloodGate(options.log);
    this.#gatekeeper = new Gatekeeper({
      realm: options.realm,
      basicWithoutTls: options.basicWithoutTls ?? false,
      findViewer: (account, user) => options.findViewer(account, user),
      gate: this.#gate,
      throttle: options.throttle,
    });
    this.#plain = this.#serve((socket) => socket);
    this.#tls = this.#serve(
      (socket) =>
        new TLSSocket(socket, { isServer: true, secureContext: this.#certificate?.context }),
    );
    this.#ticking = setInterval(() => {
      const now = performance.now();
      for (const connection of this.#connections.keys()) connection.tick(now);
    }, tickMs);
    this.#checking = setInterval(() => {
      unwaited(this.#checkCertificate(), options.log, 'the TLS certificate could not be looked at');
    }, certificateCheckMs);
  }

  get address() {
    return addressOf(this.#plain);
  }

  get addressTls() {
    return addressOf(this.#tls);
  }

  async listen(): Promise<void> {
    const { listen, listenTls } = this.#options;
    if (listen !== undefined) await listenOn(this.#plain, listen);
    if (listenTls !== undefined) await listenOn(this.#tls, listenTls);
    for (const server of [this.#plain, this.#tls]) {
      server.on('error', (error) => {
        const cause = describeError(error);
        this.#gate.warn('listener', 'can not accept a viewer', { cause });
      });
    }
  }

  viewers(): ViewerStatus[] {
    return [...this.#connections.keys()].flatMap(({ status }) => status ?? []);
  }

  disconnect({ account, camera, viewer }: Selection, reason: string): void {
    for (const connection of this.#connections.keys()) {
      const { known, viewing } = connection;
      if (known?.account !== account) continue;
      if (camera !== undefined && viewing?.place.camera !== camera) continue;
      if (viewer !== undefined && known.viewer.name !== viewer) continue;
      connection.drop(reason);
    }
  }

  limit(limits: Partial<GatewayLimits>): void {
    this.#limits = { ...this.#limits, ...limits };
  }

  async reloadTls(): Promise<void> {
    await this.#certificate?.reload();
    if (this.#certificate !== undefined)
      this.#options.log.info('the TLS certificate was read anew');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#ticking);
    clearInterval(this.#checking);
    const closed = [this.#plain, this.#tls].map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const connection of this.#connections.keys()) connection.drop('the gateway is stopping');
    await Promise.all([...this.#connections.values(), ...closed]);
    this.#gate[Symbol.dispose]();
  }

  #serve(wrap: (socket: Socket) => Socket): Server {
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 };
    return createServer(options, (socket) => this.#admit(socket, wrap));
  }

  #admit(raw: Socket, wrap: (socket: Socket) => Socket): void {
    const address = plainAddress(raw.remoteAddress ?? '');
    const network = networkOf(address);
    const leave = this.#admission.enter(address, () => {
      connection.drop('others waited to be let in');
    });
    if (typeof leave === 'string') {
      this.#gate.warn('strangers', 'a connection was refused', { address, cause: leave });
      raw.on('error', () => {}).destroy();
      return;
    }
    const connection: ViewerConnection = new ViewerConnection(wrap(raw), {
      address,
      network,
      domain: this.#options.domain,
      patience: this.#patience,
      gatekeeper: this.#gatekeeper,
      gate: this.#gate,
      log: this.#options.log,
      relayPlace: (account, camera) => this.#options.relayPlace(account, camera),
      takeSeat: (account) => this.#takeSeat(account, network),
      onSeated: leave,
    });
    const run = connection.run().finally(() => {
      leave();
      this.#connections.delete(connection);
    });
    unwaited(run, this.#options.log, 'the connection of a player ended with an error');
    this.#connections.set(connection, run);
  }

  #takeSeat(account: string, network: string): (() => void) | string {
    const { viewers, viewersPerAccount, viewersPerAddress } = this.#limits;
    return this.#quota.take(
      { what: 'viewers in all', key: 'viewers', limit: viewers },
      { what: 'viewers of the account', key: `account ${account}`, limit: viewersPerAccount },
      { what: 'viewers of one address', key: `address ${network}`, limit: viewersPerAddress },
    );
  }

  async #checkCertificate(): Promise<void> {
    try {
      if (await this.#certificate?.changed()) await this.reloadTls();
    } catch (error) {
      this.#options.log.error('the new TLS certificate is not used, the one before remains', {
        cause: describeError(error),
      });
    }
  }
}

function addressOf(server: Server): { host: string; port: number } | undefined {
  const address = server.address();
  if (address === null || typeof address === 'string') return undefined;
  return { host: address.address, port: address.port };
}

async function listenOn(server: Server, { host, port }: ListenOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, () => resolve());
  try {
    await promise;
  } catch (cause) {
    throw new OperatorError(
      `viewers can not be served on ${host} port ${port}: ${describeError(cause)}`,
      {
        cause,
      },
    );
  } finally {
    server.removeListener('error', reject);
  }
}
