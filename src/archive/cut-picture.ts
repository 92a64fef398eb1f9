import type { FileHandle } from 'node:fs/promises';
import { boxes } from '../lib/mp4-boxes.ts';
import { dropLastSample } from './edit-run.ts';
import { findBox, type Fragment, readTrun, type Run } from './fragmented-mp4.ts';

/** NAL units that are part of a picture (ITU-T H.264 table 7-1, H.265 table 7-1), by their first byte. */
const isPictureIn: Readonly<Record<string, ((first: number) => boolean) | undefined>> = {
  avc1: (first) => (first & 0x1f) >= 1 && (first & 0x1f) <= 5,
  hvc1: (first) => ((first >> 1) & 0x3f) < 32,
  hev1: (first) => ((first >> 1) & 0x3f) < 32,
};

/**
 * Takes out a last sample that has no picture: the parameter sets of one that had not arrived when
 * the stream broke off, which ffmpeg hands on as they are. Decoders take it for damage.
 * Only the fragment's header is written, once, so this may be killed and done again.
 *
 * @returns the fragments as they then are
 */
export async function withoutCutPicture(
  file: FileHandle,
  fragments: readonly Fragment[],
): Promise<readonly Fragment[]> {
  const at = fragments.findLastIndex(({ runs }) => runs.some(hasPictures));
  const fragment = fragments[at];
  const run = fragment?.runs.findLast(hasPictures);
  if (fragment === undefined || run === undefined) return fragments;
  const isPicture = isPictureIn[run.track.codec];
  const place = lastSampleOf(run);
  if (isPicture === undefined || place === undefined) return fragments;
  if (place.offset < fragment.moof.length || place.offset + place.size > fragment.size) {
    return fragments;
  }
  const { buffer, bytesRead } = await file.read(
    Buffer.alloc(place.size),
    0,
    place.size,
    fragment.offset + place.offset,
  );
  if (nalUnits(buffer.subarray(0, bytesRead)).some(isPicture)) return fragments;
  dropLastSample(run);
  await file.write(fragment.moof, 0, fragment.moof.length, fragment.offset);
  const left = { ...run, durations: run.durations.slice(0, -1) };
  const runs = fragment.runs.flatMap((one) =>
    one !== run ? [one] : left.durations.length > 0 ? [left] : [],
  );
  return fragments.with(at, { ...fragment, runs });
}

const hasPictures = ({ track, durations }: Run): boolean =>
  track.kind === 'vide' && durations.length > 0;

/** In bytes, from the beginning of the fragment. Undefined if it is written otherwise than by ffmpeg. */
function lastSampleOf({
  traf,
}: Run): { readonly offset: number; readonly size: number } | undefined {
  const body = traf.subarray(8);
  const truns = [...boxes(body)].filter(({ type }) => type === 'trun');
  const [trun] = truns;
  const tfhd = findBox(body, 'tfhd');
  if (trun === undefined || truns.length !== 1 || tfhd === undefined) return undefined;
  if ((trun.body.readUInt32BE(0) & 1) === 0) return undefined;
  const { count, entries, entrySize, hasDuration, hasSize } = readTrun(trun.body);
  const flags = tfhd.readUInt32BE(0);
  const usualAt = 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0) + (flags & 8 ? 4 : 0);
  if (!hasSize && ((flags & 0x10) === 0 || tfhd.length < usualAt + 4)) return undefined;
  const sizeOf = (i: number): number =>
    hasSize
      ? entries.readUInt32BE(i * entrySize + (hasDuration ? 4 : 0))
      : tfhd.readUInt32BE(usualAt);
  let offset = trun.body.readInt32BE(8);
  for (let i = 0; i < count - 1; i += 1) offset += sizeOf(i);
  return { offset, size: sizeOf(count - 1) };
}

/** The first byte of each unit in a sample, before each of which its length stands in 32 bits. */
function nalUnits(sample: Buffer): number[] {
  const firsts: number[] = [];
  for (let at = 0; at + 5 <= sample.length; at += 4 + sample.readUInt32BE(at)) {
    firsts.push(sample[at + 4] ?? 0);
  }
  return firsts;
}
