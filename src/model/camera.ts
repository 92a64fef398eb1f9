import type { PublicKey } from './public-key.ts';
import type { CameraName } from './camera-name.ts';

export type ProfileName = 'copy' | 'downsample';

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
  readonly disabled?: boolean;
  /** What the camera was called earlier: cards can't be renamed, and dial in as before. */
  readonly formerNames?: readonly string[];
  /** What its account was called earlier. */
  readonly formerAccounts?: readonly string[];
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

/** What is absent stays as it is; null takes it back to its default. */
export type StreamChanges = {
  readonly [K in keyof StreamSettings]?: StreamSettings[K] | null;
};
