import { type Box, boxes, findBox } from './boxes.ts';
import type { Track } from './tracks.ts';

/** The samples of one track in one fragment. */
export interface Run {
  readonly track: Track;
  /** Decode time of the first sample, in ticks. */
  readonly start: number;
  /** Duration of each sample, in ticks. */
  readonly durations: readonly number[];
  /** How long after its decode time each sample is shown, in ticks: not 0 where there are B frames. */
  readonly offsets: readonly number[];
  /** Whether the run begins with a key frame. */
  readonly isSync: boolean;
  /** The traf box, as part of the fragment's moof box. */
  readonly traf: Buffer;
}

export const isPictures = ({ track, durations }: Run): boolean =>
  track.kind === 'vide' && durations.length > 0;

/** When each sample is shown, in ticks, in the order of decoding. */
export function shownTimes({ start, durations, offsets }: Run): number[] {
  let at = start;
  return durations.map((duration, i) => {
    const shown = at + (offsets[i] ?? 0);
    at += duration;
    return shown;
  });
}

/** Total duration of the samples, in ticks. */
export const durationOf = ({ durations }: Run): number =>
  durations.reduce((sum, ticks) => sum + ticks, 0);

/** Far more than any real fragment has. */
const maxSamples = 1_000_000;
const isNotSync = 0x10000;

/**
 * @param moof the body of the box
 * @throws {RangeError} the boxes contradict themselves
 */
export const readRuns = (moof: Buffer, tracks: readonly Track[]): Run[] =>
  [...boxes(moof)]
    .filter(({ type }) => type === 'traf')
    .map(({ whole }) => readRun(whole, tracks))
    .filter((run) => run !== undefined);

function readRun(traf: Buffer, tracks: readonly Track[]): Run | undefined {
  const tfhd = findBox(traf.subarray(8), 'tfhd');
  const tfdt = findBox(traf.subarray(8), 'tfdt');
  if (tfhd === undefined || tfdt === undefined) return undefined;
  const track = tracks.find(({ id }) => id === tfhd.readUInt32BE(4));
  if (track === undefined) return undefined;
  const usual = readUsual(tfhd);
  const truns = trunsOf(traf).map(({ body }) => readTrun(body));
  const duration = usual.duration ?? track.defaultDuration;
  const durations = truns.flatMap(({ count, entries, entrySize, hasDuration }) =>
    Array.from({ length: count }, (_, i) =>
      hasDuration ? entries.readUInt32BE(i * entrySize) : duration,
    ),
  );
  // Version 0 has no negative offsets, and none is so large that it would look like one.
  const offsets = truns.flatMap(({ count, entries, entrySize, offsetAt }) =>
    Array.from({ length: count }, (_, i) =>
      offsetAt === undefined ? 0 : entries.readInt32BE(i * entrySize + offsetAt),
    ),
  );
  const first = truns.find(({ count }) => count > 0);
  const flags = first?.firstFlags ?? usual.flags ?? track.defaultFlags;
  return {
    track,
    start: tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4),
    durations,
    offsets,
    isSync: first !== undefined && (flags & isNotSync) === 0,
    traf,
  };
}

/** The trun boxes of a traf box. */
export const trunsOf = (traf: Buffer): Box[] =>
  [...boxes(traf.subarray(8))].filter(({ type }) => type === 'trun');

/** A tfhd box's defaults for samples that have no values of their own. */
interface Usual {
  readonly duration: number | undefined;
  readonly size: number | undefined;
  readonly flags: number | undefined;
  /** Offset of the flags in the body; undefined if there are none. */
  readonly flagsAt: number | undefined;
}

/**
 * @param tfhd the body of the box
 * @throws {RangeError} the box is shorter than its flags require
 */
export function readUsual(tfhd: Buffer): Usual {
  const has = tfhd.readUInt32BE(0);
  let at = 8 + (has & 1 ? 8 : 0) + (has & 2 ? 4 : 0);
  const next = (flag: number): number | undefined => {
    if ((has & flag) === 0) return undefined;
    at += 4;
    return tfhd.readUInt32BE(at - 4);
  };
  const [duration, size, flags] = [next(8), next(0x10), next(0x20)];
  return { duration, size, flags, flagsAt: flags === undefined ? undefined : at - 4 };
}

export interface Trun {
  readonly count: number;
  /** Offset of the entries in the body. */
  readonly entriesAt: number;
  readonly entries: Buffer;
  readonly entrySize: number;
  /** Whether entries begin with a duration; the size comes next, if there is one. */
  readonly hasDuration: boolean;
  readonly hasSize: boolean;
  /** Offset of the size in an entry, if there is one. */
  readonly sizeAt: number;
  /** Offset in an entry of its flags; undefined if there are none. */
  readonly flagsAt: number | undefined;
  /** Offset in an entry of the time from decoding to showing; undefined if there is none. */
  readonly offsetAt: number | undefined;
  /** Flags of the first sample, if the box has them. */
  readonly firstFlags: number | undefined;
}

/**
 * @param body the body of a trun box
 * @throws {RangeError} the box is shorter than its flags and count require
 */
export function readTrun(body: Buffer): Trun {
  const has = body.readUInt32BE(0);
  const count = body.readUInt32BE(4);
  const entriesAt = 8 + (has & 1 ? 4 : 0) + (has & 4 ? 4 : 0);
  const entrySize = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => has & flag).length;
  const entries = body.subarray(entriesAt, entriesAt + count * entrySize);
  if (entries.length < count * entrySize || count > maxSamples) {
    throw new RangeError('the sample count of a trun box is too large');
  }
  const sizeAt = has & 0x100 ? 4 : 0;
  const flagsAt = sizeAt + (has & 0x200 ? 4 : 0);
  let firstFlags: number | undefined;
  if (has & 4) firstFlags = body.readUInt32BE(entriesAt - 4);
  else if (has & 0x400 && count > 0) firstFlags = entries.readUInt32BE(flagsAt);
  return {
    count,
    entriesAt,
    entries,
    entrySize,
    hasDuration: (has & 0x100) !== 0,
    hasSize: (has & 0x200) !== 0,
    sizeAt,
    flagsAt: has & 0x400 ? flagsAt : undefined,
    offsetAt: has & 0x800 ? entrySize - 4 : undefined,
    firstFlags,
  };
}
