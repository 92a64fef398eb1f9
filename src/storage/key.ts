import { type CameraName, isLabel } from '../model/camera-name.ts';
import {
  parseSegmentFileName,
  type SegmentIdentity,
  segmentFileName,
} from '../model/segment-name.ts';

const dayMs = 86_400_000;

/** `PREFIX` + `ACCOUNT/CAMERA/YYYY/MM/DD/START_DURATION_HASH.mp4`; the UTC day of the start. */
export const segmentKey = (prefix: string, segment: SegmentIdentity): string =>
  prefix + dayFolder(segment, segment.startMs) + segmentFileName(segment);

/** What follows the prefix in all keys of a camera's UTC day. */
export function dayFolder({ account, camera }: CameraName, atMs: number): string {
  const [year, month, day] = new Date(atMs).toISOString().split(/[-T]/);
  return `${account}/${camera}/${year}/${month}/${day}/`;
}

/** Parses a key of {@link segmentKey}; undefined for any other key. */
export function parseSegmentKey(prefix: string, key: string): SegmentIdentity | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const [account = '', camera = '', , , , name = ''] = key.slice(prefix.length).split('/');
  if (!isLabel(account) || !isLabel(camera)) return undefined;
  const identity = parseSegmentFileName({ account, camera }, name);
  return identity !== undefined && segmentKey(prefix, identity) === key ? identity : undefined;
}

/** The UTC midnights of the days that the time range touches. */
export function* days(fromMs: number, toMs: number): Generator<number> {
  for (let day = Math.floor(fromMs / dayMs) * dayMs; day < toMs; day += dayMs) yield day;
}
