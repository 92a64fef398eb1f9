import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FinishedFile, Hole } from '../model/segment.ts';
import { withoutCutPicture } from './cut-picture.ts';
import { dropSamples, makeFree, moveTo, setLastDuration } from '../media/mp4/edit.ts';
import { type FileFragment, readFragmentedFile } from '../media/mp4/file.ts';
import { isPictures, type Run } from '../media/mp4/runs.ts';
import type { Track } from '../media/mp4/tracks.ts';

/** A media time beyond this is one since 1970, as ffmpeg wrote it; below, one since the file's beginning. */
const epochSeconds = 100_000_000;
/** Between pictures, where a file has only one. */
const unknownIntervalMs = 100;

/** A hole is longer than this, and than so many usual intervals between pictures. */
const leastHoleMs = 2_000;
const leastHoleIntervals = 5;

/** A camera begins with pictures that it had kept: they come within this time of each other. */
const atOnceMs = 10;

const startInName = /-at-(\d{1,15})\.mp4$/;

/**
 * Makes a file that ffmpeg has written, whole or cut off, one that can be handed on: nothing but
 * complete fragments, beginning at media time 0 with its first picture; and says when that was and
 * how long the pictures last, and where they are missing. The file is renamed within its directory.
 *
 * It may be killed anywhere and done again: the start is in the name before any time in the file is
 * changed, and the size of a time tells whether it has been.
 *
 * @returns undefined if there is no complete picture in the file, which then is deleted.
 */
export async function finishFile(path: string): Promise<FinishedFile | undefined> {
  await using file = await open(path, 'r+');
  const { size, mtimeMs } = await file.stat();
  const { fragments: written, completeBytes } = await readFragmentedFile(file);
  const fragments = await withoutCutPicture(file, written);
  const pictures = fragments.flatMap(({ runs }) => runs.filter(isPictures));
  const [first] = pictures;
  if (first === undefined) {
    await unlink(path);
    return undefined;
  }
  const named = startInName.exec(path)?.[1];
  const timeline = new FileTimeline(named === undefined ? startOf(first) : Number(named));
  const durationMs = Math.round(timeline.durationMs(pictures));
  // Only a foreign file doesn't say when it begins.
  const startMs = timeline.startMs ?? Math.round(mtimeMs - durationMs);
  const finished = named === undefined ? nameWithStart(path, startMs) : path;
  if (finished !== path) await rename(path, finished);
  if (completeBytes < size) await file.truncate(completeBytes);
  const holes = timeline.holes(pictures, startMs);
  timeline.joinRuns(pictures);
  await rebase(file, fragments, timeline);
  return { path: finished, startMs, durationMs, ...(holes.length === 0 ? {} : { holes }) };
}

const isSince1970 = ({ start, track }: Run): boolean => start >= epochSeconds * track.timescale;

const startOf = (run: Run): number | undefined =>
  isSince1970(run) ? Math.floor((run.start * 1000) / run.track.timescale) : undefined;

function nameWithStart(path: string, startMs: number): string {
  return join(dirname(path), `${basename(path, '.mp4')}-at-${startMs}.mp4`);
}

/** Media times of a file that begins at a time of day. */
class FileTimeline {
  /** Milliseconds since 1970 UTC. */
  readonly startMs: number | undefined;

  constructor(startMs: number | undefined) {
    this.startMs = startMs;
  }

  /** When a run starts, in its track's ticks from the file's beginning; negative: before the first picture. */
  startOf(run: Run): number {
    return isSince1970(run) ? run.start - this.#offset(run.track) : run.start;
  }

  /** From the first picture to the end of the last. */
  durationMs(pictures: readonly Run[]): number {
    const [first] = pictures;
    const last = pictures.at(-1);
    if (first === undefined || last === undefined) return 0;
    const ticks = this.#startOfLast(last) + this.usualInterval(pictures) - this.startOf(first);
    return (ticks * 1000) / first.track.timescale;
  }

  /** From a picture to the next, in ticks: the mean of all but stalls, and what came at once at first. */
  usualInterval(pictures: readonly Run[]): number {
    const all = this.#intervals(pictures).map(({ ticks }) => ticks);
    const atOnce = ((pictures[0]?.track.timescale ?? 0) * atOnceMs) / 1000;
    const live = all.findIndex((ticks) => ticks > atOnce);
    const intervals = live < 0 ? [] : all.slice(live);
    // The lower of two: of a picture's time and a pause, the pause is not what is usual.
    const median = intervals.toSorted((a, b) => a - b)[(intervals.length - 1) >> 1];
    if (median === undefined)
      return ((pictures[0]?.track.timescale ?? 0) * unknownIntervalMs) / 1000;
    const usual = intervals.filter((ticks) => ticks <= leastHoleIntervals * median);
    return usual.reduce((sum, ticks) => sum + ticks, 0) / usual.length;
  }

  /**
   * Where pictures are missing; each begins when the picture before it has had its usual time.
   *
   * @param fileStartMs of the first picture: milliseconds since 1970 UTC
   */
  holes(pictures: readonly Run[], fileStartMs: number): Hole[] {
    const [first] = pictures;
    if (first === undefined) return [];
    const msOf = (ticks: number): number => (ticks * 1000) / first.track.timescale;
    const origin = this.startOf(first);
    const usual = this.usualInterval(pictures);
    const leastMs = Math.max(leastHoleMs, leastHoleIntervals * msOf(usual));
    return this.#intervals(pictures)
      .filter(({ ticks }) => msOf(ticks) > leastMs)
      .map(({ at, ticks }) => ({
        startMs: fileStartMs + Math.round(msOf(at + usual - origin)),
        durationMs: Math.round(msOf(ticks - usual)),
      }));
  }

  /** From each picture but the last to the next, in ticks from the file's beginning. */
  #intervals(pictures: readonly Run[]): { readonly at: number; readonly ticks: number }[] {
    const times = pictures.flatMap((run) => {
      let at = this.startOf(run);
      return run.durations.map((duration) => (at += duration) - duration);
    });
    return times.slice(1).map((time, i) => {
      const at = times[i] ?? time;
      return { at, ticks: time - at };
    });
  }

  /** Lets the last picture of each run last until the next run: ffmpeg could only guess. */
  joinRuns(pictures: readonly Run[]): void {
    for (const [i, run] of pictures.entries()) {
      const next = pictures[i + 1];
      const last = this.#startOfLast(run);
      const end = next === undefined ? last + this.usualInterval(pictures) : this.startOf(next);
      if (end > last) setLastDuration(run, Math.round(end - last));
    }
  }

  #startOfLast(run: Run): number {
    return run.durations.slice(0, -1).reduce((at, ticks) => at + ticks, this.startOf(run));
  }

  #offset({ timescale }: Track): number {
    return Math.floor(((this.startMs ?? 0) * timescale) / 1000);
  }
}

/** Moves all media times to the file's beginning, and drops the sound before it. */
async function rebase(
  file: FileHandle,
  fragments: readonly FileFragment[],
  timeline: FileTimeline,
): Promise<void> {
  let seen = false;
  for (const fragment of fragments) {
    seen ||= fragment.runs.some(isPictures);
    if (!seen) {
      makeFree(fragment.moof);
      await file.write('free', fragment.offset + fragment.moof.length + 4, 'latin1');
      await file.write(fragment.moof, 0, fragment.moof.length, fragment.offset);
      continue;
    }
    const old = fragment.runs.filter(isSince1970);
    for (const run of old) moveToBeginning(run, timeline.startOf(run));
    if (old.length > 0) {
      await file.write(fragment.moof, 0, fragment.moof.length, fragment.offset);
    }
  }
}

function moveToBeginning(run: Run, ticks: number): void {
  let start = ticks;
  let early = 0;
  for (; start < 0 && early < run.durations.length; early += 1) start += run.durations[early] ?? 0;
  const dropped = early === 0 ? 0 : dropSamples(run, early);
  for (; early < dropped; early += 1) start += run.durations[early] ?? 0;
  moveTo(run, Math.max(0, start));
}
