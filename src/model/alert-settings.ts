import type { CameraName } from './camera-name.ts';

/** When an account is told of a camera. */
export interface AlertSettings {
  /** Without footage for so long; absent: the default; 0: never. */
  readonly alertAfterSeconds?: number;
  /** Until when nothing is told of it. Milliseconds since 1970 UTC. */
  readonly silentUntilMs?: number;
}

/** A camera as the alerts see it. Times are milliseconds since 1970 UTC. */
export interface WatchedCamera extends CameraName, AlertSettings {
  /** Its own through all changes of its name. */
  readonly id: number;
  readonly disabled: boolean;
  /** When it first dialled in, since it was added or its hardware replaced. */
  readonly firstContactMs?: number;
  /** The end of the newest footage in spool and bucket. */
  readonly newestFootageMs?: number;
  /** Of its account, an IANA name; absent: UTC. */
  readonly timeZone?: string;
}
