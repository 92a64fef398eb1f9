import type { FileHandle } from 'node:fs/promises';
import { findBox } from '../media/mp4/boxes.ts';
import { dropLastSample } from '../media/mp4/edit.ts';
import type { FileFragment } from '../media/mp4/file.ts';
import { isPictures, readTrun, readUsual, type Run, trunsOf } from '../media/mp4/runs.ts';

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
  fragments: readonly FileFragment[],
): Promise<readonly FileFragment[]> {
  const at = fragments.findLastIndex(({ runs }) => runs.some(isPictures));
  const fragment = fragments[at];
  const run = fragment?.runs.findLast(isPictures);
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

/** In bytes, from the beginning of the fragment. Undefined if it is written otherwise than by ffmpeg. */
function lastSampleOf({
  traf,
}: Run): { readonly offset: number; readonly size: number } | undefined {
  const truns = trunsOf(traf);
  const [trun] = truns;
  const tfhd = findBox(traf.subarray(8), 'tfhd');
  if (trun === undefined || truns.length !== 1 || tfhd === undefined) return undefined;
  if ((trun.body.readUInt32BE(0) & 1) === 0) return undefined;
  const { count, entries, entrySize, hasSize, sizeAt } = readTrun(trun.body);
  const { size: usual } = readUsual(tfhd);
  if (!hasSize && usual === undefined) return undefined;
  const sizeOf = (i: number): number =>
    hasSize ? entries.readUInt32BE(i * entrySize + sizeAt) : (usual ?? 0);
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
