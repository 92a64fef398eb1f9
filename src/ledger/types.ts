import type { GapCause } from '../lib/gap-cause.ts';
import type { CameraName } from '../lib/names.ts';

// Times are milliseconds since 1970 UTC, lengths of time milliseconds, sizes bytes.

export type ProfileName = 'copy' | 'downsample';

export interface Account {
  readonly name: string;
  readonly createdMs: number;
  /** How many cameras it has, not counting removed ones. */
  readonly cameras: number;
  readonly formerNames: readonly string[];
}

/** A public key as SSH has it. `blob` is its wire form (RFC 4253 section 6.6). */
export interface PublicKey {
  readonly algorithm: string;
  readonly blob: Uint8Array;
  /** `SHA256:…`, as ssh-keygen prints it. */
  readonly fingerprint: string;
  readonly comment: string;
}

export const defaultRtspPath = '/unicast';

/** How a camera is reached and recorded. */
export interface StreamSettings {
  /** Path of the stream at the camera's RTSP server; {@link defaultRtspPath} unless given. */
  readonly rtspPath?: string;
  readonly rtspUser?: string;
  readonly rtspPassword?: string;
  /** Instead of the profile of the configuration. */
  readonly profile?: ProfileName;
}

export interface NewCamera extends CameraName, StreamSettings {
  readonly key: PublicKey;
}

/** Who a key is, for each dial-in. */
export interface KnownCamera extends CameraName {
  readonly disabled: boolean;
  /** What the camera was called earlier: cards can't be renamed, and dial in as before. */
  readonly formerNames: readonly string[];
  /** What its account was called earlier. */
  readonly formerAccounts: readonly string[];
}

/** A camera that was added, or came with a token, and was not removed. */
export interface Camera extends CameraName {
  readonly rtspPath: string;
  readonly rtspUser?: string;
  readonly rtspPassword?: string;
  readonly profile?: ProfileName;
  readonly createdMs: number;
  /** Since when it waits to be adopted or rejected; only for one that came with a token. */
  readonly newSinceMs?: number;
  /** Since when it may not dial in. */
  readonly disabledMs?: number;
  /** When it first dialled in, since it was added or its hardware replaced. */
  readonly firstContactMs?: number;
  readonly formerNames: readonly string[];
  /** What its account was called earlier. */
  readonly formerAccounts: readonly string[];
  readonly keys: readonly CameraKey[];
  readonly totals: CameraTotals;
}

export interface CameraKey {
  readonly algorithm: string;
  readonly fingerprint: string;
  readonly comment: string;
  readonly addedMs: number;
  /** Whether it replaces the other keys as soon as the camera has dialled in with it. */
  readonly isSuccessor: boolean;
}

export interface NewToken extends StreamSettings {
  readonly account: string;
  /** How many keys it lets in. */
  readonly uses: number;
  readonly expiresMs: number;
}

/** What lets unknown keys in as new cameras of an account. The token itself is not kept. */
export interface Token {
  /** The token's first characters: they name it. */
  readonly id: string;
  readonly account: string;
  readonly uses: number;
  readonly used: number;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly revokedMs?: number;
}

export interface Amount {
  readonly segments: number;
  readonly bytes: number;
  readonly durationMs: number;
}

export interface CameraTotals {
  readonly stored: Amount;
  readonly spooled: Amount;
  /** The end of the newest footage, wherever it is. */
  readonly newestEndMs?: number;
}

/** What the ledger needs to know of a finished segment. */
export interface SegmentRecord extends CameraName {
  readonly startMs: number;
  readonly durationMs: number;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** How a segment's file begins, before its media: with their description. */
export interface SegmentInit {
  readonly bytes: number;
  /** Of the description, 16 hex digits: those of equal ones are equal. */
  readonly hash: string;
}

/** What the bucket answered for a segment that it holds. */
export interface StoredProof {
  readonly key: string;
  /** Which checksum the store confirmed. */
  readonly checksum?: string;
  readonly etag?: string;
}

export interface LedgerSegment extends SegmentRecord {
  readonly state: 'spooled' | 'stored';
  readonly objectKey?: string;
  readonly checksum?: string;
  readonly etag?: string;
  readonly storedMs?: number;
}

/** Where a listing goes on: after this segment. */
export interface SegmentCursor {
  readonly startMs: number;
  readonly sha256: string;
}

/** A stretch of a camera's time: from `startMs` on, `durationMs` long. */
export interface Stretch extends CameraName {
  readonly startMs: number;
  readonly durationMs: number;
}

/** A stretch without footage, from `startMs` to just before `endMs`. */
export interface Gap {
  readonly startMs: number;
  readonly endMs: number;
  readonly cause: GapCause;
  /** In plain words; may be empty. */
  readonly detail: string;
}

/** A stretch of a camera's time that is all in one place, from `startMs` to just before `endMs`. */
export interface TimelinePiece {
  readonly startMs: number;
  readonly endMs: number;
  readonly state: 'stored' | 'spooled' | 'missing';
  /** Of what is missing. */
  readonly cause?: GapCause;
  readonly detail?: string;
}

/** {@link Continuity}, in the order of time and without seams. */
export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  readonly storedMs: number;
  readonly spooledMs: number;
  readonly missingMs: number;
  readonly pieces: readonly TimelinePiece[];
}

export interface CauseSum {
  readonly cause: GapCause;
  readonly gaps: number;
  readonly missingMs: number;
}

export interface ContinuityRange {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly nowMs: number;
  /** Whether footage of the camera is being written now, to a file that is no segment yet. */
  readonly isRecording: boolean;
}

/**
 * Where each millisecond of a stretch of a camera's time is:
 * `storedMs + spooledMs + missingMs === toMs - fromMs`, and the gaps sum up to `missingMs`.
 */
export interface Continuity {
  /** The range that was asked for, as far as it lies between the camera's enrolment and now. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly storedMs: number;
  readonly spooledMs: number;
  readonly missingMs: number;
  /** In the order of time. */
  readonly gaps: readonly Gap[];
  /** Of causes that there are, the one with most missing time first. */
  readonly causes: readonly CauseSum[];
  /** How many segments have a part of the range. */
  readonly segments: { readonly stored: number; readonly spooled: number };
}
