import type { TunnelCounts } from '../model/tunnel-counts.ts';
import { createServer, type Server, type Socket } from 'node:net';
import ssh2, { type Connection as SshConnection } from 'ssh2';
import { describeError, errorCode, OperatorError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import type { Rate } from '../lib/allowance.ts';
import { formatCameraName } from '../model/camera-name.ts';
import { plainAddress } from '../lib/addresses.ts';
import { Admission } from '../lib/admission.ts';
import { type AlgorithmProfile, algorithmsOf } from './algorithms.ts';
import type { GuestList } from './authentication.ts';
import type { CameraTunnel } from './camera-tunnel.ts';
import { CameraConnection, type ConnectionContext, type ConnectionLimits } from './connection.ts';
import { CopiedKeys } from './copied-keys.ts';
import type { CopiedKey } from '../contract/cameras.ts';
import { type HostKey, legacyHostKeyFile, loadHostKey, type PublicHostKey } from './host-key.ts';
import { nextHostKeys } from './host-key-rotation.ts';
import { DialIns } from './dial-ins.ts';
import { hasNativeCiphers, socketOf } from './ssh2-internals.ts';
import type { Tunnel } from './tunnel.ts';

export interface TunnelServerLimits extends ConnectionLimits {
  /** Limit of connections that have not logged in yet. */
  readonly maxUnauthenticated: number;
  /** The same, per IPv4 address or IPv6 network (/64). */
  readonly maxUnauthenticatedPerAddress: number;
}

export interface TunnelServerOptions extends Partial<TunnelServerLimits>, GuestList {
  /** Port 0 for any free port. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The ed25519 host key; made if missing. With `legacy`, a second key lies beside it. */
  readonly hostKeyFile: string;
  /** The next host key, if there is one. Cameras learn of it, but the server doesn't use it yet. */
  readonly nextHostKeyFile: string;
  readonly algorithms: AlgorithmProfile;
  /** How often a camera may begin a tunnel. */
  readonly dialIns?: readonly Rate[];
  readonly log: Log;
  /** Called for each camera that has logged in, after an older tunnel of the camera was closed. */
  readonly onTunnel: (tunnel: Tunnel) => void;
}

const defaultLimits: TunnelServerLimits = {
  maxUnauthenticated: 200,
  // After a power cut, all cameras of a shop dial in at once, from one address.
  maxUnauthenticatedPerAddress: 100,
  loginGraceMs: 20_000,
  maxLoginAttempts: 6,
  maxReceivedBeforeLogin: 256 * 1024,
  maxReceivedBeforeName: 8 * 1024,
  maxUnsentBeforeLogin: 256 * 1024,
  maxUnsent: 1024 * 1024,
  maxKeyExchangesPerMinute: 10,
  pace: { rate: { burst: 10_000, everyMs: 0.1 }, perTurn: 2_000, patienceMs: 5_000 },
  keepaliveMs: 2_000,
  openWithinMs: 10_000,
  closeWithinMs: 30_000,
  maxChannels: 12,
};

const whyNotListening: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EACCES: 'a port below 1024 is for root, or for a service that is given CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this machine has no such address',
};

/** A host key that cameras should know. */
export interface KeyToPin extends PublicHostKey {
  readonly state: 'present' | 'next';
}

/** The SSH server that cameras dial in to. */
export class TunnelServer implements AsyncDisposable {
  readonly #options: TunnelServerOptions;
  readonly #hostKeys: readonly HostKey[];
  readonly #admission: Admission;
  readonly #gate: FloodGate;
  readonly #context: ConnectionContext;
  readonly #ssh: InstanceType<typeof ssh2.Server>;
  readonly #listener: Server;
  readonly #connections = new Map<Socket, CameraConnection>();
  readonly #tunnels = new Map<string, CameraTunnel>();
  readonly #copiedKeys = new CopiedKeys();
  readonly #dialIns: DialIns;
  readonly #logins = { accepted: 0, refused: 0, abandoned: 0, crowded: 0 };
  #lastId = 0;
  #disposed: Promise<void> | undefined;

  constructor(options: TunnelServerOptions, hostKeys: readonly HostKey[]) {
    const limits = { ...defaultLimits, ...options };
    this.#options = options;
    this.#hostKeys = hostKeys;
    const places = {
      most: limits.maxUnauthenticated,
      mostPerNetwork: limits.maxUnauthenticatedPerAddress,
      patienceMs: limits.loginGraceMs / 4,
    };
    this.#admission = new Admission(() => places);
    this.#gate = new FloodGate(options.log);
    this.#dialIns = new DialIns(options.dialIns);
    this.#context = {
      limits,
      log: options.log,
      gate: this.#gate,
      guests: options,
      dialIns: this.#dialIns,
      nextId: () => (this.#lastId += 1),
      count: (event) => (this.#logins[event] += 1),
      onTunnel: (tunnel) => this.#onTunnel(tunnel),
    };
    this.#ssh = new ssh2.Server({
      hostKeys: hostKeys.map(({ parsed }) => ({ key: parsed })),
      algorithms: algorithmsOf(options.algorithms),
      ident: 'sapiengraph_cctv',
      keepaliveInterval: limits.keepaliveMs,
      keepaliveCountMax: 3,
    });
    this.#ssh.on('connection', (connection: SshConnection, info) => {
      this.#connections.get(socketOf(connection))?.begin(connection, info);
    });
    // RTSP exchanges small packets, and Nagle's algorithm would delay each by 40 ms.
    this.#listener = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** The address that the server listens on; before {@link listen}, the one that it will. */
  get address(): { readonly host: string; readonly port: number } {
    const address = this.#listener.address();
    if (address === null || typeof address === 'string') return this.#options.listen;
    return { host: address.address, port: address.port };
  }

  get isListening(): boolean {
    return this.#listener.listening;
  }

  /** All host keys, the ed25519 one first. */
  get hostKeys(): readonly PublicHostKey[] {
    return this.#hostKeys;
  }

  /**
   * All keys that cameras should accept: the present ones, then the next ones. The next ones are
   * read at each call, since they may be made while the server runs.
   */
  async keysToPin(): Promise<KeyToPin[]> {
    const next = await nextHostKeys(this.#options).catch((error: unknown) => {
      this.#gate.warn('next host key', 'the next host key can not be used', {
        cause: describeError(error),
      });
      return [];
    });
    const told = (state: KeyToPin['state']) => (key: PublicHostKey) => {
      const { algorithm, fingerprint, line } = key;
      return { state, algorithm, fingerprint, line };
    };
    return [...this.#hostKeys.map(told('present')), ...next.map(told('next'))];
  }

  /** `SHA256:…` */
  get hostKeyFingerprint(): string {
    return this.#hostKeys[0]?.fingerprint ?? '';
  }

  /** The part of a known_hosts line after the server's name. */
  get hostKeyLine(): string {
    return this.#hostKeys[0]?.line ?? '';
  }

  /** The number of open tunnels, and the outcomes of all connections since the start. */
  get counts(): TunnelCounts {
    return { open: this.#tunnels.size, ...this.#logins };
  }

  /** What is known about a key that two clients use at the same time. */
  copiedKey(fingerprint: string): CopiedKey | undefined {
    return this.#copiedKeys.find(fingerprint);
  }

  /**
   * Begins to take cameras.
   *
   * @throws {OperatorError} if it can't listen
   */
  async listen(): Promise<void> {
    const { host, port } = this.#options.listen;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#listener.once('error', reject);
    this.#listener.listen({ host, port }, () => resolve());
    try {
      await promise;
    } catch (error) {
      throw new OperatorError(
        `can't listen for cameras at ${host} port ${port}: ${whyNotListening[errorCode(error) ?? ''] ?? describeError(error)}`,
        { cause: error },
      );
    } finally {
      this.#listener.removeListener('error', reject);
    }
    // For example, no file descriptor was left for a connection. The server goes on listening.
    this.#listener.on('error', (error) => {
      this.#gate.warn('listener', 'can not accept a connection', { cause: describeError(error) });
    });
  }

  /** Ends all connections; resolves when all are closed. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#listener.close(() => resolve());
    });
    for (const connection of this.#connections.values()) {
      connection.close('the daemon is stopping');
    }
    // The listener closes when its last socket has closed.
    await stopped;
    this.#dialIns[Symbol.dispose]();
    this.#gate[Symbol.dispose]();
  }

  #accept(socket: Socket): void {
    socket.on('error', () => {});
    if (socket.remoteAddress === undefined) {
      socket.destroy();
      return;
    }
    const address = plainAddress(socket.remoteAddress);
    const evict = (): void => {
      this.#gate.warn('evicted', 'closed a connection that has not logged in: others wait', {
        address,
      });
      this.#connections.get(socket)?.close('others want to log in too');
    };
    const entry = this.#admission.enter(address, evict);
    if (typeof entry === 'string') {
      this.#logins.crowded += 1;
      this.#gate.warn('admission', `refused a connection: ${entry}`, { address });
      socket.destroy();
      return;
    }
    // ssh2 first: it holds the data back until it is ready, and emits its connection only later.
    this.#ssh.injectSocket(socket);
    this.#connections.set(socket, new CameraConnection(socket, address, this.#context, entry));
    socket.once('close', () => this.#connections.delete(socket));
  }

  #checkCopied(older: CameraTunnel, newer: CameraTunnel): void {
    // A live client answers each keep-alive request, so only a dead one has been silent for longer.
    const alive = older.heardWithin(2 * this.#context.limits.keepaliveMs);
    if (older.keyFingerprint !== newer.keyFingerprint || !alive) return;
    const found = this.#copiedKeys.takeOver(
      newer.keyFingerprint,
      older.remoteAddress,
      newer.remoteAddress,
    );
    if (found === undefined) return;
    this.#options.log.warn(
      "two clients with this camera's key take turns: the key was copied. Give the camera another with: cctv camera replace",
      {
        camera: formatCameraName(newer.camera),
        fingerprint: newer.keyFingerprint,
        addresses: found.addresses,
      },
    );
  }

  #onTunnel(tunnel: CameraTunnel): void {
    this.#logins.accepted += 1;
    const name = formatCameraName(tunnel.camera);
    // After a power cut or a change of address, the older tunnel is dead but not timed out yet.
    const older = this.#tunnels.get(name);
    if (older !== undefined) this.#checkCopied(older, tunnel);
    older?.close(`replaced by a newer connection from ${tunnel.remoteAddress}`);
    this.#tunnels.set(name, tunnel);
    const onGone = (): void => {
      if (this.#tunnels.get(name) === tunnel) this.#tunnels.delete(name);
    };
    tunnel.closed.addEventListener('abort', onGone, { once: true });
    try {
      this.#options.onTunnel(tunnel);
    } catch (error) {
      this.#options.log.error('can not serve a camera that logged in', {
        camera: name,
        cause: describeError(error),
      });
      tunnel.close('internal error');
    }
  }
}

/**
 * Prepares the SSH server that cameras dial in to; it takes them from its `listen()` on. It accepts
 * only public keys and only reverse forwards of the known services, for which it opens no sockets.
 *
 * @throws {OperatorError} if its host key is not usable
 */
export async function prepareTunnelServer(options: TunnelServerOptions): Promise<TunnelServer> {
  const { hostKeyFile, algorithms, log } = options;
  const hostKeys = [await loadHostKey(hostKeyFile, 'ssh-ed25519')];
  if (algorithms === 'legacy') {
    hostKeys.push(await loadHostKey(legacyHostKeyFile(hostKeyFile), 'ecdsa-sha2-nistp256'));
  }
  await nextHostKeys(options);
  const server = new TunnelServer(options, hostKeys);
  if (!hasNativeCiphers()) {
    log.info('the compiled ciphers of ssh2 are missing; cameras cost half as much CPU time again');
  }
  return server;
}
