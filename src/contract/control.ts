import type { CameraStatus } from '../model/camera-status.ts';
import type { LedgerSegment } from '../model/segment.ts';
import type { Continuity } from '../model/continuity.ts';
import type { Amount, CameraKey, ProfileName } from '../model/camera.ts';
import type { Account, Token } from '../model/account.ts';
import type { CameraState } from '../model/camera-state.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { RefusedConfiguration } from '../model/refused-configuration.ts';
import type { DiskStatus } from '../spool/guard.ts';
import type { Verdict } from '../monitor/health.ts';

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
  readonly disk: DiskStatus;
}

export interface TunnelInfo {
  /** Where cameras dial in: `ADDRESS:PORT`. */
  readonly address: string;
  readonly hostKeyFingerprint: string;
  /** Algorithm and key, for known_hosts. */
  readonly hostKeyLine: string;
  /** All that cameras should know the server by: the keys that it shows, then those that will follow. */
  readonly hostKeys: readonly HostKeyInfo[];
}

export interface HostKeyInfo {
  readonly state: 'present' | 'next';
  readonly algorithm: string;
  readonly fingerprint: string;
  /** Algorithm and key, for known_hosts. */
  readonly line: string;
}

/** GET /status */
/** POST /reload: what became of the options that differ from those in force, by name. */
export interface ReloadAnswer {
  readonly taken: readonly string[];
  readonly needsRestart: readonly string[];
  /** They could not be used; those before remain. */
  readonly failed: readonly { readonly option: string; readonly cause: string }[];
}

export interface StatusAnswer {
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  /** Present while the daemon runs with another configuration than stands in its file. */
  readonly refusedConfiguration?: RefusedConfiguration;
  readonly tunnel: TunnelInfo;
  readonly cameras: {
    /** All that the operator added. */
    readonly known: number;
    readonly connected: number;
    readonly recording: number;
  };
  readonly spool: SpoolStatus;
  readonly uploads: UploadStatus;
  /** Whether the daemon works; a new process would mend what is a problem here. */
  readonly health: Verdict;
  /** Whether cameras are taken, and what they send is kept. */
  readonly readiness: Verdict;
}

/** A camera that was added, or that is connected; nearly always both. */
export interface CameraAnswer extends CameraName {
  /** What it does now. */
  readonly state: CameraState;
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
  /** Present while it waits to be adopted or rejected. */
  readonly newSinceMs?: number;
  readonly disabledAtMs?: number;
  /** When it first dialled in, since it was added or its hardware replaced. */
  readonly firstContactAtMs?: number;
  readonly formerNames: readonly string[];
  /** What its account was called earlier. */
  readonly formerAccounts: readonly string[];
  /** Present if two clients took turns with one of its keys. */
  readonly copiedKey?: CopiedKeyInfo;
}

export interface CopiedKeyInfo {
  readonly fingerprint: string;
  readonly addresses: readonly [string, string];
  readonly sinceMs: number;
  readonly lastMs: number;
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

/** GET /accounts/ACCOUNT/tokens */
export interface TokensAnswer {
  readonly tokens: readonly Token[];
}

/** POST /accounts/ACCOUNT/tokens: the one time that the token itself is told. */
export interface NewTokenAnswer extends Token {
  readonly token: string;
}

/** GET /segments/ACCOUNT/NAME */
export interface SegmentsAnswer extends Page {
  readonly segments: readonly LedgerSegment[];
}

/** GET /continuity/ACCOUNT/NAME */
export interface ContinuityAnswer extends CameraName, Continuity {}

/** Any answer with a status of 400 or more. */
export interface ErrorAnswer {
  /** A sentence for the operator. */
  readonly error: string;
}
