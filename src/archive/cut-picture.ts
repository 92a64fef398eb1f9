import type { FileHandle } from 'node:fs/promises';
import { findBox } from '../media/mp4/boxes.ts';
import { dropLastSample } from '../media/mp4/edit.ts';
import type { FileFragment } from '../media/mp4/file.ts';
import { isPictures, readTrun, readUsual, type Run, trunsOf } from '../media/mp4/runs.ts';

/** Whether a NAL unit is part of a picture (ITU-T H.264, H.265, table 7-1), by its first byte. */
const isPictureIn: Readonly<Record<string, ((first: number) => boolean) | undefined>> = {
  avc1: (first) => (first & 0x1f) >= 1 && (first & 0x1f) <= 5,
  hvc1: (first) => ((first >> 1) & 0x3f) < 32,
  hev1: (first) => ((first >> 1) & 0x3f) < 32,
};

/**
 * Removes a last sample that has no picture. When a stream breaks off before a picture has arrived,
 * ffmpeg writes its parameter sets as a sample, which decoders take for damage.
 * Idempotent, even if killed: only the fragment's header is written, once.
 *
 * @returns the fragments after the change
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

/** Bytes from the beginning of the fragment. Undefined if the layout is not ffmpeg's. */
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

/** The first byte of each unit in a sample. Each unit is preceded by its length in 32 bits. */
function nalUnits(sample: Buffer): number[] {
  const firsts: number[] = [];
  for (let at = 0; at + 5 <= sample.length; at += 4 + sample.readUInt32BE(at)) {
    firsts.push(sample[at + 4] ?? 0);
  }
  return firsts;
}
