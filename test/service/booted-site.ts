import type { SegmentIdentity } from '../../src/model/segment-name.ts';
import type { S3Server } from '../stand-ins/s3-server.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import type { Machine } from './machine.ts';

/** A machine with the package on it, cameras that dial in, and a bucket. */
export interface BootedSite {
  readonly machine: () => Machine;
  /** On the way to the bucket. */
  readonly network: () => FaultProxy;
  readonly store: () => S3Server;
  /** Footage in the bucket. */
  readonly stored: () => Promise<SegmentIdentity[]>;
  /** Waits until all cameras are recorded. */
  readonly allRecording: (what: string, withinMs: number) => Promise<void>;
}

/** Where the package's configuration and state are. */
export const etc = '/etc/sapiengraph-cctv';
export const state = '/var/lib/sapiengraph-cctv';
