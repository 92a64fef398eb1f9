import type { StoreCredentials } from '../model/store-credentials.ts';
import type { CarrierOptions } from '../alert/channels.ts';
import type { RefusedConfiguration } from '../contract/status.ts';
import type { ListenAddress } from './fields.ts';
import type { FileConfig } from './schema.ts';

/** All that can be configured, complete: defaults filled in, paths absolute, secrets read. */
export interface Config {
  /** The file that it was read from. */
  readonly file: string;
  /** What works, but should be mended; whole sentences. */
  readonly warnings: readonly string[];
  /** Present if this is the one that was good last, since what stands in the file now can't be used. */
  readonly refused?: RefusedConfiguration;
  readonly stateDirectory: string;
  readonly spoolDirectory: string;
  /** How much of its disk the spool may fill; absent: what is there, but for a part of it. */
  readonly spool: {
    readonly budgetBytes?: number;
    readonly reserveBytes?: number;
    readonly whenFull: 'keep-newest' | 'keep-oldest';
  };
  readonly ledgerFile: string;
  readonly bucket: {
    readonly name: string;
    /** Absent: Amazon's own for the region. */
    readonly endpoint?: string;
    readonly region: string;
    /** Whether the bucket's name is in the path of an address rather than in its host. */
    readonly pathStyle: boolean;
    /** Before each object's key: empty, or ends with `/`. */
    readonly prefix: string;
    readonly credentials: StoreCredentials;
  };
  readonly tunnel: {
    readonly listen: ListenAddress;
    readonly algorithms: 'default' | 'legacy';
    readonly loginGraceSeconds: number;
    readonly maxUnauthenticated: number;
    readonly maxUnauthenticatedPerAddress: number;
    readonly hostKeyFile: string;
    readonly nextHostKeyFile: string;
  };
  /** Programs are absolute paths, or bare names that are looked for on PATH. */
  readonly relay: { readonly program: string; readonly preload: string };
  readonly archive: FileConfig['archive'];
  /** Absent: nobody can watch. */
  readonly gateway?: NonNullable<FileConfig['gateway']>;
  readonly console: {
    /** Absent: no page for browsers. */
    readonly web?: {
      readonly listen: ListenAddress;
      readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
      /** What browsers reach it by, if that is another address: an origin. */
      readonly publicUrl?: string;
      /** Whether stored footage goes through the daemon, instead of from the bucket to the browser. */
      readonly proxy: boolean;
    };
  };
  /** Absent: nobody is told of anything. */
  readonly alerts?: Pick<
    NonNullable<FileConfig['alerts']>,
    'notRecordingSeconds' | 'recordingAgainSeconds' | 'operator' | 'heartbeat' | 'limits'
  > & {
    readonly carriers: CarrierOptions;
    /** Absent: carriers report to nowhere. */
    readonly reports?: { readonly listen: ListenAddress; readonly url?: string | undefined };
    /** For what `loadAlertKey` says. */
    readonly keyFile: string;
  };
  readonly processors: readonly { readonly name: string; readonly command: readonly string[] }[];
  readonly control: { readonly socket: string; readonly group?: string };
  /** Absent: metrics are to be had at the control socket only. */
  readonly metrics?: { readonly listen: ListenAddress };
  readonly log: FileConfig['log'];
}
