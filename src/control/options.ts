import type { CameraStatus } from '../model/camera-status.ts';
import type { AlertingParts } from './alerting.ts';
import type { WatchingParts } from './watching.ts';
import type { Exports } from '../footage/exports.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { PublicKey } from '../model/public-key.ts';
import type { VerifiedBucket } from '../catalog/verify.ts';
import type { Log } from '../lib/log.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { RefusedConfiguration } from '../model/refused-configuration.ts';
import type { HealthParts } from '../monitor/health-routes.ts';
import type {
  CopiedKeyInfo,
  ReloadAnswer,
  SpoolStatus,
  TunnelInfo,
  UploadStatus,
} from '../contract/control.ts';

/** What the control socket shows and changes. Each is asked anew for each request. */
export interface ControlParts extends HealthParts {
  readonly ledger: Ledger;
  /** Where footage goes; read only. */
  readonly bucket: VerifiedBucket;
  /** The cameras that are connected. */
  readonly fleet: () => readonly CameraStatus[];
  readonly watching: WatchingParts;
  /** Undefined: nobody is told anything. */
  readonly alerting: () => AlertingParts | undefined;
  /** Absent: footage can't be exported. */
  readonly exports?: Exports;
  readonly spoolUsage: () => SpoolStatus;
  readonly uploaderStatus: () => UploadStatus;
  readonly tunnelInfo: () => Promise<TunnelInfo>;
  /** Reads a public key as an operator hands it in; throws an OperatorError if it is none. */
  readonly parsePublicKey: (text: string) => PublicKey;
  /** Closes the tunnel of a camera, if it has one: something about it was changed. */
  readonly disconnect: (camera: CameraName, reason: string) => void;
  /**
   * Lets a camera's recording begin anew with its settings of now, of which `what` names those that
   * changed; returns whether it is connected.
   */
  readonly settingsChanged: (camera: CameraName, what: string) => boolean;
  /** What a camera shows now, as JPEG. */
  readonly picture: (camera: CameraName, signal: AbortSignal) => Promise<Buffer>;
  /** Whether two clients took turns with a key. */
  readonly copiedKey: (fingerprint: string) => Omit<CopiedKeyInfo, 'fingerprint'> | undefined;
  /** Reads the configuration again, and takes what can be taken without a gap. */
  readonly reload: () => Promise<ReloadAnswer>;
  readonly log: Log;
  readonly version: string;
  readonly startedAtMs: number;
  /** Present if the daemon runs with another configuration than stands in its file. */
  readonly refusedConfiguration: () => RefusedConfiguration | undefined;
}

export interface ControlOptions extends ControlParts {
  /** Where the socket is made. */
  readonly socket: string;
  /** The group whose members may use it; the daemon's own unless given. */
  readonly group?: string;
}
