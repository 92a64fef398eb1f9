import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FinishedFile, Hole } from '../model/segment.ts';
import { withoutCutPicture } from './cut-picture.ts';
import {
  dropSamples,
  dropTrack,
  makeFree,
  markSync,
  moveShown,
  moveTo,
  setLastDuration,
} from '../media/mp4/edit.ts';
import { type FileFragment, readFragmentedFile } from '../media/mp4/file.ts';
import { isPictures, type Run, shownTimes } from '../media/mp4/runs.ts';
import type { Track } from '../media/mp4/tracks.ts';

/** A larger media time counts from 1970, as ffmpeg wrote it; a smaller one from the file start. */
const epochSeconds = 100_000_000;
/** Assumed interval between pictures if a file has only one and it isn't told. */
const unknownIntervalMs = 100;

/** A hole is longer than this and than this many usual intervals between pictures. */
const leastHoleMs = 2_000;
const leastHoleIntervals = 5;

/** A camera begins with pictures that it had kept, which come within this time of each other. */
const atOnceMs = 10;

const startInName = /-at-(\d{1,15})\.mp4$/;

/**
 * Finishes a file that ffmpeg has written, whole or cut off: keeps only complete fragments, and
 * moves the first picture to media time 0. Finds out when the pictures begin, how long they last
 * and where some are missing. Renames the file within its directory.
 *
 * Can be killed at any point and repeated: the start is put into the name before any time in the
 * file changes, and the size of a media time tells whether it has been changed.
 *
 * @param usualPauseMs between the camera's pictures, for a file that has only one
 * @returns undefined if the file has no complete picture; the file is then deleted.
 */
export async function finishFile(
  path: string,
  usualPauseMs = unknownIntervalMs,
): Promise<FinishedFile | undefined> {
  await using file = await open(path, 'r+');
  const { size, mtimeMs } = await file.stat();
  const { fragments: written, tracks, moov, completeBytes } = await readFragmentedFile(file);
  const fragments = await withoutCutPicture(file, written);
  const pictures = fragments.flatMap(({ runs }) => runs.filter(isPictures));
  const [first] = pictures;
  if (first === undefined) {
    await unlink(path);
    return undefined;
  }
  const named = startInName.exec(path)?.[1];
  const timeline = new FileTimeline(
    pictures,
    named === undefined ? startOf(pictures) : Number(named),
    usualPauseMs,
  );
  const durationMs = Math.round(timeline.durationMs);
  // The fallback is for foreign files, which don't contain their start.
  const startMs = timeline.startMs ?? Math.round(mtimeMs - durationMs);
  const finished = named === undefined ? nameWithStart(path, startMs) : path;
  if (finished !== path) await rename(path, finished);
  if (completeBytes < size) await file.truncate(completeBytes);
  const holes = timeline.holes(startMs);
  timeline.joinRuns();
  await rebase(file, fragments, timeline);
  if (moov !== undefined) {
    // Browsers play no file with a track of which nothing comes.
    const used = new Set(fragments.flatMap(({ runs }) => runs.map(({ track }) => track.id)));
    const empty = tracks.filter(({ id }) => !used.has(id));
    for (const { id } of empty) dropTrack(moov.bytes, id);
    if (empty.length > 0) await file.write(moov.bytes, 0, moov.bytes.length, moov.offset);
  }
  return { path: finished, startMs, durationMs, ...(holes.length === 0 ? {} : { holes }) };
}

/** Where pictures are missing in a finished file that starts at `startMs`. */
export async function holesIn(path: string, startMs: number): Promise<readonly Hole[]> {
  await using file = await open(path, 'r');
  const { fragments } = await readFragmentedFile(file);
  const pictures = fragments.flatMap(({ runs }) => runs.filter(isPictures));
  return new FileTimeline(pictures, startMs, unknownIntervalMs).holes(startMs);
}

const isSince1970 = ({ start, track }: Run): boolean => start >= epochSeconds * track.timescale;

/** When the first picture is shown, in milliseconds since 1970 UTC, if the file tells that. */
function startOf(pictures: readonly Run[]): number | undefined {
  const [first] = pictures;
  if (first === undefined || !isSince1970(first)) return undefined;
  const { timescale } = first.track;
  const shown = earliest(pictures.flatMap(shownTimes));
  const ticks = shown % timescale;
  return ((shown - ticks) / timescale) * 1000 + Math.floor((ticks * 1000) / timescale);
}

const earliest = (times: readonly number[]): number =>
  times.reduce((least, time) => Math.min(least, time), Infinity);

function nameWithStart(path: string, startMs: number): string {
  return join(dirname(path), `${basename(path, '.mp4')}-at-${startMs}.mp4`);
}

/** The media times of a file that begins at `startMs`, if that is known. */
class FileTimeline {
  /** Milliseconds since 1970 UTC. */
  readonly startMs: number | undefined;
  readonly #pictures: readonly Run[];
  /** Ticks per second of the pictures. */
  readonly #timescale: number;
  /** When the pictures are shown, in their order, in ticks from the file's start. */
  readonly #times: readonly number[];
  /** Mean interval between pictures, in ticks, without stalls and the initial burst. */
  readonly #usualInterval: number;

  constructor(pictures: readonly Run[], startMs: number | undefined, usualPauseMs: number) {
    this.startMs = startMs;
    this.#pictures = pictures;
    this.#timescale = pictures[0]?.track.timescale ?? 0;
    this.#times = pictures
      .flatMap((run) => shownTimes({ ...run, start: this.startOf(run) }))
      .sort((a, b) => a - b);
    this.#usualInterval = this.#findUsualInterval() ?? (this.#timescale * usualPauseMs) / 1000;
  }

  /** Start of a run, in its track's ticks after the first picture; negative before it. */
  startOf(run: Run): number {
    return isSince1970(run) ? run.start - this.#offset(run.track) : run.start;
  }

  /** From the start of the first picture to the end of the last. */
  get durationMs(): number {
    const [first, last] = [this.#times[0], this.#times.at(-1)];
    if (first === undefined || last === undefined) return 0;
    return this.#msOf(last - first + this.#usualInterval);
  }

  /**
   * Where pictures are missing. A hole begins one usual interval after the picture before it.
   *
   * @param fileStartMs time of the first picture, milliseconds since 1970 UTC
   */
  holes(fileStartMs: number): Hole[] {
    const [origin = 0] = this.#times;
    const usual = this.#usualInterval;
    const leastMs = Math.max(leastHoleMs, leastHoleIntervals * this.#msOf(usual));
    return this.#intervals()
      .filter(({ ticks }) => this.#msOf(ticks) > leastMs)
      .map(({ at, ticks }) => ({
        startMs: fileStartMs + Math.round(this.#msOf(at + usual - origin)),
        durationMs: Math.round(this.#msOf(ticks - usual)),
      }));
  }

  /** Extends the last picture of each run to the next run, because ffmpeg could only guess. */
  joinRuns(): void {
    for (const [i, run] of this.#pictures.entries()) {
      const next = this.#pictures[i + 1];
      const last = this.#startOfLast(run);
      const end = next === undefined ? last + this.#usualInterval : this.startOf(next);
      if (end > last) setLastDuration(run, Math.round(end - last));
    }
  }

  /** Undefined if there are too few pictures. */
  #findUsualInterval(): number | undefined {
    const all = this.#intervals().map(({ ticks }) => ticks);
    const atOnce = (this.#timescale * atOnceMs) / 1000;
    const live = all.findIndex((ticks) => ticks > atOnce);
    const intervals = live < 0 ? [] : all.slice(live);
    // The lower median: of two intervals, the longer may be a pause.
    const median = intervals.toSorted((a, b) => a - b)[(intervals.length - 1) >> 1];
    if (median === undefined) return undefined;
    const usual = intervals.filter((ticks) => ticks <= leastHoleIntervals * median);
    return usual.reduce((sum, ticks) => sum + ticks, 0) / usual.length;
  }

  /** The interval after each picture but the last; `at` in ticks from the file's start. */
  #intervals(): { readonly at: number; readonly ticks: number }[] {
    return this.#times.slice(1).map((time, i) => {
      const at = this.#times[i] ?? time;
      return { at, ticks: time - at };
    });
  }

  #msOf(ticks: number): number {
    return (ticks * 1000) / this.#timescale;
  }

  #startOfLast(run: Run): number {
    return run.durations.slice(0, -1).reduce((at, ticks) => at + ticks, this.startOf(run));
  }

  /** Rounded up, so that the first picture lies less than a millisecond after the start. */
  #offset({ timescale }: Track): number {
    const startMs = this.startMs ?? 0;
    const seconds = Math.floor(startMs / 1000);
    // Apart, since the product of the whole would lose its last digits.
    return seconds * timescale + Math.ceil(((startMs - seconds * 1000) * timescale) / 1000);
  }
}

/** Makes all media times count from the first picture shown, and drops the sound before it. */
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
    for (const run of old) {
      if (isPictures(run)) {
        moveShown(run, timeline.startOf(run));
        continue;
      }
      // ffmpeg 7.1 says of copied AAC that each packet depends on others: no browser would begin with one.
      markSync(run);
      moveToBeginning(run, timeline.startOf(run));
    }
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
