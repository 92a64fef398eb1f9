import type { RecordingState } from '../model/gap-cause.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { AlertCamera, AlertEvent } from './channel.ts';
import type { Now } from './freshness.ts';

// Times are milliseconds since 1970 UTC unless they end in "At": those are monotonic milliseconds.

/** What the judge gets about a camera at each step. */
export interface CameraInput extends CameraName {
  /** Stays the same when the camera is renamed. */
  readonly id: number;
  /** Whether the camera has dialled in before and is not disabled. */
  readonly shouldRecord: boolean;
  readonly silentUntilMs?: number;
  /** A camera without footage for this long is not recording; 0 turns alerts off. */
  readonly afterMs: number;
  readonly lastFootageAtMs?: number;
  readonly state: RecordingState;
  readonly detail?: string;
  /** What is wrong with its line, in words, while pictures wait for it. */
  readonly slowLine?: string;
}

/** A camera's stop, from its last footage until it records steadily. Kept over restarts. */
export interface Incident {
  readonly sinceMs: number;
  /** The cause of the stop; the latest one until the contacts are told. */
  readonly cause: string;
  readonly detail?: string;
  /** Whether the contacts were told that the camera stopped. */
  readonly told: boolean;
  /** How often the camera stopped. */
  readonly stops: number;
  /** Missed in all stops but the present one. */
  readonly missedMs: number;
  /** Since when there is no footage; absent while there is. */
  readonly stoppedMs?: number;
  /** Since when there is footage again; absent while there is none. */
  readonly againMs?: number;
  readonly level: number;
}

/** What is kept about a camera: its incident, or the end of its last one while that matters. */
export type Memory =
  | { readonly incident: Incident }
  | { readonly endedMs: number; readonly level: number };

/** A camera in an event, with the details for digests. */
export interface EventCamera extends AlertCamera {
  /** Since when the camera records again, milliseconds since 1970 UTC. */
  readonly againMs?: number;
  /** How often the camera stopped since {@link AlertCamera.sinceMs}, if more than once. */
  readonly stops?: number;
}

export type EventKind =
  | 'not-recording'
  | 'recording-again'
  /** Cameras record, but pictures may be missing. */
  | 'slow-line'
  /** Messages that were held back: cameras with `againMs` record again, the others don't. */
  | 'digest'
  | 'test'
  /** For the operator. */
  | 'trouble'
  | 'trouble-over';

export interface JudgedEvent extends AlertEvent {
  readonly kind: EventKind;
  readonly cameras: readonly EventCamera[];
  /** What the trouble is, if it doesn't concern cameras. */
  readonly detail?: string;
  readonly sinceMs?: number;
}

/** An event about cameras of an account, in the order of their names. */
export const camerasEvent = (
  kind: EventKind,
  account: string,
  cameras: readonly EventCamera[],
  { wallMs }: Now,
): JudgedEvent => ({
  kind,
  account,
  cameras: cameras.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  atMs: wallMs,
});
