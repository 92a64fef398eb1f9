import type { Duplex } from 'node:stream';
import type { CameraName } from '../model/camera-name.ts';

/** A service that a camera offers through its tunnel: RTSP, or the server of its own footage. */
export type Service = 'rtsp' | 'footage';

/** The port of a forward says which service lies behind it. */
export const servicePorts: Readonly<Record<Service, number>> = { rtsp: 554, footage: 80 };

/** Why a tunnel is gone: `closed` by us, or `died` by itself. */
export class TunnelGoneError extends Error {
  override name = 'TunnelGoneError';
  readonly how: 'closed' | 'died';

  constructor(how: 'closed' | 'died', message: string, options?: ErrorOptions) {
    super(message, options);
    this.how = how;
  }
}

/** A reverse forward that a camera asked for. No connection exists until {@link open}. */
export interface Forward {
  readonly service: Service;
  /** Connects to the service. Rejects if the camera refuses, the tunnel goes or `signal` aborts. */
  open(signal: AbortSignal): Promise<Duplex>;
}

/** How fast a camera answers us, behind all that it has sent before. */
export interface Echo {
  /** What its last answer took, or its next one takes already, in milliseconds; undefined if none came lately. */
  readonly echoMs: number | undefined;
  /** Asks for an answer. */
  ask(): void;
}

/** One authenticated SSH connection of a camera. */
export interface Tunnel {
  /** Unique while the daemon runs. */
  readonly id: number;
  readonly camera: CameraName;
  /** Fingerprint of the key that the camera logged in with: `SHA256:…` */
  readonly keyFingerprint: string;
  readonly remoteAddress: string;
  /** Milliseconds since 1970 UTC. */
  readonly connectedAtMs: number;
  /** The software name that the camera's SSH client sent. */
  readonly client: string;
  /** Aborts with a {@link TunnelGoneError} when the connection is gone. */
  readonly closed: AbortSignal;
  readonly echo: Echo;
  /** Waits until the camera asks for the forward. Rejects if the tunnel goes or `signal` aborts. */
  forward(service: Service, signal: AbortSignal): Promise<Forward>;
  close(reason: string): void;
}
