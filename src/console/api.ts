import type { CameraStatus } from '../camera/status.ts';
import type { Account, Amount, CameraKey, LedgerSegment, ProfileName } from '../ledger/types.ts';
import type { CameraName } from '../lib/names.ts';

// What the control socket answers, as JSON. Times are milliseconds since 1970 UTC, sizes bytes.

export interface UploadStatus {
  /** Segments being uploaded now, and waiting for it. */
  readonly uploading: number;
  readonly waiting: number;
  /** Segments stored since the daemon started. */
  readonly stored: number;
  /** Present while nothing can be uploaded. */
  readonly failing?: { readonly sinceMs: number; readonly cause: string };
}

export interface SpoolStatus {
  readonly files: number;
  readonly bytes: number;
  readonly oldestMs?: number;
}

export interface TunnelInfo {
  /** Where cameras dial in: `ADDRESS:PORT`. */
  readonly address: string;
  readonly hostKeyFingerprint: string;
  /** Algorithm and key, for known_hosts. */
  readonly hostKeyLine: string;
}

/** GET /status */
export interface StatusAnswer {
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly tunnel: TunnelInfo;
  readonly cameras: {
    /** All that the operator added. */
    readonly known: number;
    readonly connected: number;
    readonly recording: number;
  };
  readonly spool: SpoolStatus;
  readonly uploads: UploadStatus;
}

/** A camera that was added, or that is connected; nearly always both. */
export interface CameraAnswer extends CameraName {
  /** What the operator said of it; absent if it was removed while connected. */
  readonly settings?: CameraSettingsAnswer;
  /** Present while it is connected. */
  readonly connection?: CameraStatus;
  /** End of the newest footage, recorded now or known to the ledger. */
  readonly lastFootageAtMs?: number;
  readonly spooled: Amount;
  readonly stored: Amount;
}

export interface CameraSettingsAnswer {
  readonly addedAtMs: number;
  readonly rtspPath: string;
  readonly rtspUser?: string;
  /** Whether there is one: the password itself never leaves the daemon. */
  readonly hasRtspPassword: boolean;
  /** Absent: that of the configuration. */
  readonly profile?: ProfileName;
  readonly keys: readonly CameraKey[];
}

/** `next`, if present, is the `after` of the following page. */
interface Page {
  readonly next?: string;
}

/** GET /cameras */
export interface CamerasAnswer extends Page {
  readonly cameras: readonly CameraAnswer[];
}

/** GET /accounts */
export interface AccountsAnswer extends Page {
  readonly accounts: readonly Account[];
}

/** GET /segments/ACCOUNT/NAME */
export interface SegmentsAnswer extends Page {
  readonly segments: readonly LedgerSegment[];
}

/** Any answer with a status of 400 or more. */
export interface ErrorAnswer {
  /** A sentence for the operator. */
  readonly error: string;
}
