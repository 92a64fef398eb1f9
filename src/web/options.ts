import type { LiveHub } from '../live/live.ts';
import type { CameraStatus } from '../model/camera-status.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Log } from '../lib/log.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { SpoolStatus, UploadStatus } from '../contract/control.ts';
import type { ChannelTrouble } from '../alert/channel-health.ts';
import type { Exports } from '../footage/exports.ts';
import type { FootageSource } from '../footage/source.ts';
import type { ViewerCredentials } from '../model/viewer.ts';

/** What the page shows. Each is asked anew for each request. */
export interface WebParts {
  readonly ledger: Ledger;
  /** The cameras that are connected. */
  readonly fleet: () => readonly CameraStatus[];
  /** What a camera shows now, as JPEG. */
  readonly picture: (camera: CameraName, signal: AbortSignal) => Promise<Buffer>;
  /** What is kept of a viewer's password. */
  readonly credentialsOf: (user: string, password: string) => ViewerCredentials;
  /** Its cameras are called `account/camera`. Absent: nobody can watch live. */
  readonly live?: Pick<LiveHub, 'watch' | 'skip' | 'warm'>;
  readonly footage: FootageSource;
  readonly exports: Exports;
  readonly spoolUsage: () => SpoolStatus;
  readonly uploaderStatus: () => UploadStatus;
  readonly alertsFailing: () => readonly ChannelTrouble[];
  /** ffmpeg, for single pictures. */
  readonly program: string;
  readonly log: Log;
  readonly version: string;
}

export interface WebOptions extends WebParts {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** What browsers reach it by, if that is another address: `https://host[:port]`. */
  readonly publicUrl?: string | undefined;
  /** Whether stored footage goes through the daemon instead of straight from the bucket. */
  readonly proxy: boolean;
}
