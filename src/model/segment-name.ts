import type { CameraName } from './camera-name.ts';

/** What can be told of a segment from its name alone, without opening it. */
export interface SegmentIdentity extends CameraName {
  /** Milliseconds since 1970 UTC of the first picture. */
  readonly startMs: number;
  readonly durationMs: number;
  /** SHA-256 of the file, 64 hex digits. */
  readonly sha256: string;
}

const namePattern =
  /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{3})Z_(\d{1,10})_([0-9a-f]{64})\.mp4$/;

/** `20261123T014200.123Z_60000_HASH.mp4`: UTC start, duration in ms, SHA-256. */
export function segmentFileName({ startMs, durationMs, sha256 }: SegmentIdentity): string {
  const start = new Date(startMs).toISOString().replaceAll(/[-:]/g, '');
  return `${start}_${durationMs}_${sha256}.mp4`;
}

/** Reads a name that {@link segmentFileName} wrote; undefined if it did not. */
export function parseSegmentFileName(
  camera: CameraName,
  name: string,
): SegmentIdentity | undefined {
  const match = namePattern.exec(name);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, ms, duration, sha256 = ''] = match;
  const startMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  if (Number.isNaN(startMs)) return undefined;
  const { account, camera: cameraName } = camera;
  const identity = { account, camera: cameraName, startMs, durationMs: Number(duration), sha256 };
  // 31 February can be read, but would be written otherwise.
  return segmentFileName(identity) === name ? identity : undefined;
}
