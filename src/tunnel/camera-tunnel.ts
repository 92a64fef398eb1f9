import { wallNow } from '../lib/clock.ts';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connection, ServerChannel } from 'ssh2';
import type { FloodGate } from '../lib/flood-gate.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { Scope } from '../lib/scope.ts';
import { rejectOnAbort, within } from '../lib/until.ts';
import { printable } from './authentication.ts';
import { ChannelStream } from './channel-stream.ts';
import { firstWindowBytes, maxPacketBytes } from './channel-window.ts';
import { echoOf } from './echo.ts';
import { guardWindows, setChannelLimits } from './ssh2-internals.ts';
import {
  type Echo,
  type Forward,
  type Service,
  servicePorts,
  type Tunnel,
  TunnelGoneError,
} from './tunnel.ts';

export interface TunnelLimits {
  /** How long the camera may take to open a connection to one of its services. */
  readonly openWithinMs: number;
  /** How long the camera may take to confirm that a connection is closed. */
  readonly closeWithinMs: number;
  /** Limit of simultaneous connections through one tunnel. */
  readonly maxChannels: number;
}

export interface CameraTunnelOptions extends TunnelLimits {
  readonly id: number;
  readonly camera: CameraName;
  readonly keyFingerprint: string;
  readonly remoteAddress: string;
  readonly client: string;
  readonly connection: Connection;
  readonly socket: Socket;
  readonly gate: FloodGate;
  /** Whether anything has come in from the camera in the last `ms`. */
  readonly heardWithin: (ms: number) => boolean;
  /** Ends the connection, which leads to {@link CameraTunnel.gone}. */
  readonly end: (reason: TunnelGoneError) => void;
}

/** The address and port of a forward as the camera asked for it. */
interface BoundForward {
  readonly address: string;
  readonly port: number;
}

const services = Object.keys(servicePorts) as Service[];
const knownPorts = services.map((service) => `${servicePorts[service]} (${service})`).join(' and ');

export class CameraTunnel implements Tunnel {
  readonly connectedAtMs = wallNow();
  readonly echo: Echo;
  readonly #options: CameraTunnelOptions;
  readonly #closed = new AbortController();
  readonly #forwards = new Map<Service, Forward>();
  readonly #awaited = new Map<Service, PromiseWithResolvers<Forward>>();
  readonly #streams = new Set<ChannelStream>();
  /** Number of channels that are opening, open, or not yet closed by the camera. */
  #channelCount = 0;

  constructor(options: CameraTunnelOptions) {
    this.#options = options;
    const { connection, socket, maxChannels } = options;
    socket.setMaxListeners(maxChannels + 10);
    this.echo = echoOf(connection);
    setChannelLimits(connection, firstWindowBytes, maxPacketBytes);
    guardWindows(connection, () => {
      options.end(new TunnelGoneError('died', 'the camera sent more than it was granted'));
    });
    connection.on('request', (accept, reject, name: string, info: object) => {
      const granted = this.#request(name, info);
      // Both are undefined if the camera wants no answer.
      if (granted) accept?.();
      else reject?.();
    });
    connection.on('session', (_accept, reject) => {
      this.#refuse('session', 'it asks for a session (shell, command or file transfer)');
      reject();
    });
    connection.on('tcpip', (_accept, reject, { destIP, destPort }) => {
      this.#refuse('tcpip', `it asks to be connected to ${printable(destIP)}:${destPort}`);
      reject();
    });
    connection.on('openssh.streamlocal', (_accept, reject) => {
      this.#refuse('streamlocal', 'it asks to be connected to a Unix socket');
      reject();
    });
  }

  get id(): number {
    return this.#options.id;
  }

  get camera(): CameraName {
    return this.#options.camera;
  }

  get keyFingerprint(): string {
    return this.#options.keyFingerprint;
  }

  get remoteAddress(): string {
    return this.#options.remoteAddress;
  }

  get client(): string {
    return this.#options.client;
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Whether anything has come in from the camera in the last `ms`. */
  heardWithin(ms: number): boolean {
    return this.#options.heardWithin(ms);
  }

  async forward(service: Service, signal: AbortSignal): Promise<Forward> {
    using scope = new Scope(signal, this.closed);
    if (scope.signal.aborted) return await rejectOnAbort(scope.signal);
    const there = this.#forwards.get(service);
    if (there !== undefined) return there;
    const awaited = this.#awaited.get(service) ?? Promise.withResolvers<Forward>();
    this.#awaited.set(service, awaited);
    return await Promise.race([awaited.promise, rejectOnAbort(scope.signal)]);
  }

  close(reason: string): void {
    this.#options.end(new TunnelGoneError('closed', reason));
  }

  /** The connection has ended. */
  gone(reason: TunnelGoneError): void {
    this.#closed.abort(reason);
    this.#forwards.clear();
    for (const stream of this.#streams) stream.destroy(reason);
  }

  #request(name: string, info: object): boolean {
    if (this.closed.aborted) return false;
    if (name === 'tcpip-forward' || name === 'cancel-tcpip-forward') {
      const { bindAddr: address, bindPort: port } = info as { bindAddr: string; bindPort: number };
      const service = services.find((one) => servicePorts[one] === port);
      if (name === 'cancel-tcpip-forward') {
        return service !== undefined && this.#forwards.delete(service);
      }
      return this.#grant(service, { address, port });
    }
    this.#refuse(name, `it asks for ${printable(name)}`);
    return false;
  }

  #grant(service: Service | undefined, bound: BoundForward): boolean {
    if (service === undefined) {
      this.#refuse('port', `it asks for a forward of port ${bound.port}; known are ${knownPorts}`);
      return false;
    }
    if (this.#forwards.has(service)) {
      this.#refuse('twice', `it asks for a second forward of port ${bound.port} (${service})`);
      return false;
    }
    const forward: Forward = {
      service,
      open: (signal) => this.#open(forward, bound, signal),
    };
    this.#forwards.set(service, forward);
    this.#awaited.get(service)?.resolve(forward);
    this.#awaited.delete(service);
    return true;
  }

  async #open(forward: Forward, bound: BoundForward, signal: AbortSignal): Promise<Duplex> {
    using scope = new Scope(signal, this.closed);
    if (scope.signal.aborted) return await rejectOnAbort(scope.signal);
    if (this.#forwards.get(forward.service) !== forward) {
      throw new Error(`the camera has withdrawn the forward of its ${forward.service} service`);
    }
    if (this.#channelCount >= this.#options.maxChannels) {
      throw new Error(`the tunnel has ${this.#channelCount} connections already`);
    }
    const what = `opening a connection to the camera's ${forward.service} service`;
    return await within(this.#options.openWithinMs, what, scope.signal, (opening) =>
      this.#openChannel(forward.service, bound, opening),
    );
  }

  #openChannel(service: Service, bound: BoundForward, signal: AbortSignal): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      this.#channelCount += 1;
      // Dropbear finds the forward by the address and port that it asked for. The origin is unused.
      const { connection } = this.#options;
      connection.forwardOut(bound.address, bound.port, '127.0.0.1', 0, (error, channel) => {
        if (error) {
          this.#channelCount -= 1;
          reject(
            new Error(`the camera refuses a connection to its ${service} service`, {
              cause: error,
            }),
          );
          return;
        }
        const stream = this.#adopt(channel);
        // The caller has given up waiting.
        if (signal.aborted) stream.destroy();
        else resolve(stream);
      });
    });
  }

  #adopt(channel: ServerChannel): ChannelStream {
    const { socket, closeWithinMs } = this.#options;
    const stream = new ChannelStream(channel, {
      socket,
      closeWithinMs,
      onClosed: () => {
        this.#channelCount -= 1;
      },
      onStuck: () => {
        const message = `the camera did not close a connection within ${closeWithinMs / 1000} s`;
        this.#options.end(new TunnelGoneError('died', message));
      },
    });
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    return stream;
  }

  #refuse(kind: string, what: string): void {
    const { gate, camera, remoteAddress } = this.#options;
    const name = formatCameraName(camera);
    gate.warn(`${name} ${printable(kind)}`, `refused what the camera asks for: ${what}`, {
      camera: name,
      address: remoteAddress,
    });
  }
}
