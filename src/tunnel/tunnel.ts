import type { Duplex } from 'node:stream';
import type { CameraName } from '../model/camera-name.ts';

/** What a camera offers through its tunnel: its RTSP server, or the server of its own footage. */
export type Service = 'rtsp' | 'footage';

/** The port that a camera asks to be forwarded says which service lies behind it. */
export const servicePorts: Readonly<Record<Service, number>> = { rtsp: 554, footage: 80 };

/** Why a tunnel is gone: `closed` is what we did, `died` what happened to us. */
export class TunnelGoneError extends Error {
  override name = 'TunnelGoneError';
  readonly how: 'closed' | 'died';

  constructor(how: 'closed' | 'died', message: string, options?: ErrorOptions) {
    super(message, options);
    this.how = how;
  }
}

/** A reverse forward that a camera asked for. There is no socket behind it until {@link open}. */
export interface Forward {
  readonly service: Service;
  /** Opens a connection to the camera's service. Rejects when the camera refuses, the tunnel goes or `signal` aborts. */
  open(signal: AbortSignal): Promise<Duplex>;
}

/** One authenticated SSH connection of a camera. */
export interface Tunnel {
  /** Unique in the life of the daemon. */
  readonly id: number;
  readonly camera: CameraName;
  /** Of the key that it logged in with: `SHA256:…` */
  readonly keyFingerprint: string;
  readonly remoteAddress: string;
  /** Milliseconds since 1970 UTC. */
  readonly connectedAtMs: number;
  /** The software that the camera's SSH client says it is. */
  readonly client: string;
  /** Aborts with a {@link TunnelGoneError} when the connection is gone. */
  readonly closed: AbortSignal;
  /** Resolves when the camera has asked for the forward; rejects when the tunnel goes or `signal` aborts. */
  forward(service: Service, signal: AbortSignal): Promise<Forward>;
  /** Closes the connection. */
  close(reason: string): void;
}
