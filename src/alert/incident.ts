import type { RecordingState } from '../model/gap-cause.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { AlertCamera, AlertEvent } from './channel.ts';

// Times are milliseconds since 1970 UTC unless they end in "At": those are monotonic milliseconds.

/** What the judge is told of a camera at each step. */
export interface CameraInput extends CameraName {
  /** Its own through all changes of its name. */
  readonly id: number;
  /** Whether it should record: it has dialled in once, was recorded once, and is not disabled. */
  readonly shouldRecord: boolean;
  readonly silentUntilMs?: number;
  /** Without footage for so long, it is not recording; 0: never. */
  readonly afterMs: number;
  readonly lastFootageAtMs?: number;
  readonly state: RecordingState;
  readonly detail?: string;
}

/** A camera that stopped, from its last footage until it records steadily. Kept over restarts. */
export interface Incident {
  readonly sinceMs: number;
  /** Why, when it was last seen. */
  readonly cause: string;
  readonly detail?: string;
  /** Whether its contacts were told that it stopped. */
  readonly told: boolean;
  /** How often it stopped. */
  readonly stops: number;
  /** Missed in all but the present stop. */
  readonly missedMs: number;
  /** Since when it has no footage; absent while it has. */
  readonly stoppedMs?: number;
  /** Since when it has footage again; absent while it has none. */
  readonly againMs?: number;
  readonly level: number;
}

/** What is kept of a camera: its incident, or its last one's end for as long as that matters. */
export type Memory =
  | { readonly incident: Incident }
  | { readonly endedMs: number; readonly level: number };

/** A camera in an event, with what digests tell. */
export interface EventCamera extends AlertCamera {
  /** Since when it records again, milliseconds since 1970 UTC. */
  readonly againMs?: number;
  /** How often it stopped since {@link AlertCamera.sinceMs}, if more than once. */
  readonly stops?: number;
}

export type EventKind =
  | 'not-recording'
  | 'recording-again'
  /** What was held back: cameras with `againMs` record again, the others don't. */
  | 'digest'
  | 'test'
  /** For the operator. */
  | 'trouble'
  | 'trouble-over';

export interface JudgedEvent extends AlertEvent {
  readonly kind: EventKind;
  readonly cameras: readonly EventCamera[];
  /** What the trouble is, where it is none of cameras. */
  readonly detail?: string;
  readonly sinceMs?: number;
}
