import type { Gap } from '../contract/continuity.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { fileTime } from '../lib/time.ts';
import type { FootageSegment } from '../model/segment.ts';

export interface Evidence {
  readonly camera: CameraName;
  readonly fromMs: number;
  readonly toMs: number;
  readonly timeZone: string;
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly segments: readonly FootageSegment[];
  readonly gaps: readonly Gap[];
  readonly version: string;
  readonly madeMs: number;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Lists the parts of an export, so that it can be compared with the recording. */
export function evidenceText(export_: Evidence): string {
  const { camera, fromMs, toMs, timeZone, segments, gaps } = export_;
  const both = (ms: number): string => `${iso(ms)} (${fileTime(ms, timeZone)} ${timeZone})`;
  return [
    `Export of ${formatCameraName(camera)}`,
    `From     ${both(fromMs)}`,
    `To       ${both(toMs)}`,
    `File     ${export_.fileName}`,
    `Bytes    ${export_.bytes}`,
    `SHA-256  ${export_.sha256}`,
    `Made     ${iso(export_.madeMs)} by Sapiengraph CCTV ${export_.version}`,
    '',
    'The pictures and the sound are as they were recorded; only their times were moved, so that one',
    'file follows the other. The content of each of these files was read and had this SHA-256:',
    '',
    'Start (UTC)               Duration   SHA-256, and where it was',
    ...segments.map(
      ({ startMs, durationMs, sha256, objectKey }) =>
        `${iso(startMs)}  ${`${durationMs} ms`.padStart(9)}  ${sha256}  ${objectKey ?? 'waiting to be stored'}`,
    ),
    '',
    gaps.length === 0 ? 'Nothing is missing.' : 'Missing:',
    ...gaps.map(
      ({ startMs, endMs, cause, detail }) =>
        `${iso(startMs)} to ${iso(endMs)}  ${cause}${detail === '' ? '' : `: ${detail}`}`,
    ),
    '',
  ].join('\n');
}
