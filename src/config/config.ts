import type { StoreCredentials } from '../model/store-credentials.ts';
import type { CarrierOptions } from '../alert/channels.ts';
import type { RefusedConfiguration } from '../contract/status.ts';
import type { ListenAddress } from './fields.ts';
import type { FileConfig } from './schema.ts';

/** The complete configuration: defaults filled in, paths absolute, secrets read. */
export interface Config {
  /** The file that the configuration was read from. */
  readonly file: string;
  /** Settings that work but should be fixed; whole sentences. */
  readonly warnings: readonly string[];
  /** Present if the file can't be used now, and this is the last good configuration instead. */
  readonly refused?: RefusedConfiguration;
  readonly stateDirectory: string;
  readonly spoolDirectory: string;
  /** Limits on the disk space of the spool; absent: the whole disk, less a default reserve. */
  readonly spool: {
    readonly budgetBytes?: number;
    readonly reserveBytes?: number;
    readonly whenFull: 'keep-newest' | 'keep-oldest';
  };
  readonly ledgerFile: string;
  /** Whether a missing or damaged ledger is made anew from the bucket at the start, unasked. */
  readonly rebuildLedger: boolean;
  readonly bucket: {
    readonly name: string;
    /** Absent: Amazon's endpoint of the region. */
    readonly endpoint?: string;
    readonly region: string;
    /** Whether URLs have the bucket's name in the path rather than in the host. */
    readonly pathStyle: boolean;
    /** Prefix of each object's key: empty, or ends with `/`. */
    readonly prefix: string;
    /** Absent: the AWS SDK finds them on this machine. */
    readonly credentials?: StoreCredentials | undefined;
    /** The share of stored segments that are read back, from 0 to 1. */
    readonly readBack: number;
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
  /** `program` is an absolute path, or a bare name that is looked up on PATH. */
  readonly relay: { readonly program: string; readonly preload: string };
  readonly archive: FileConfig['archive'];
  /** Absent: there is no live viewing. */
  readonly gateway?: NonNullable<FileConfig['gateway']>;
  readonly console: {
    /** Absent: the daemon serves no web page. */
    readonly web?: {
      readonly listen: ListenAddress;
      readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
      /** The origin that browsers use, if it differs from `listen`. */
      readonly publicUrl?: string;
      /** Addresses and networks of proxies whose X-Forwarded-For says who asks. */
      readonly trustedProxies: readonly string[];
      /** Whether browsers get stored footage through the daemon instead of straight from the bucket. */
      readonly proxy: boolean;
    };
  };
  /** Absent: no alerts are sent. */
  readonly alerts?: Pick<
    NonNullable<FileConfig['alerts']>,
    'notRecordingSeconds' | 'recordingAgainSeconds' | 'operator' | 'heartbeat' | 'limits'
  > & {
    readonly carriers: CarrierOptions;
    /** Where carriers send delivery reports; absent: delivery reports are not received. */
    readonly reports?: { readonly listen: ListenAddress; readonly url?: string | undefined };
    /** See `loadAlertKey`. */
    readonly keyFile: string;
  };
  readonly processors: readonly { readonly name: string; readonly command: readonly string[] }[];
  readonly control: { readonly socket: string; readonly group?: string };
  /** Absent: only the control socket serves metrics. */
  readonly metrics?: { readonly listen: ListenAddress };
  readonly log: FileConfig['log'];
}
