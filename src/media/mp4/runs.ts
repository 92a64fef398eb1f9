import { type Box, boxes, findBox } from './boxes.ts';
import type { Track } from './tracks.ts';

/** The samples of one track in one fragment. */
export interface Run {
  readonly track: Track;
  /** Decode time of the first sample, in ticks. */
  readonly start: number;
  /** Of each sample, in ticks. */
  readonly durations: readonly number[];
  /** Whether it begins with a picture that needs no other. */
  readonly isSync: boolean;
  /** The traf box, as part of the fragment's moof box. */
  readonly traf: Buffer;
}

export const isPictures = ({ track, durations }: Run): boolean =>
  track.kind === 'vide' && durations.length > 0;

/** Of all its samples, in ticks. */
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
  const first = truns.find(({ count }) => count > 0);
  const flags = first?.firstFlags ?? usual.flags ?? track.defaultFlags;
  return {
    track,
    start: tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4),
    durations,
    isSync: first !== undefined && (flags & isNotSync) === 0,
    traf,
  };
}

/** The trun boxes of a traf box. */
export const trunsOf = (traf: Buffer): Box[] =>
  [...boxes(traf.subarray(8))].filter(({ type }) => type === 'trun');

/** What a tfhd box says of samples that say nothing else. */
interface Usual {
  readonly duration: number | undefined;
  readonly size: number | undefined;
  readonly flags: number | undefined;
}

/**
 * @param tfhd the body of the box
 * @throws {RangeError} it is shorter than it says
 */
export function readUsual(tfhd: Buffer): Usual {
  const has = tfhd.readUInt32BE(0);
  let at = 8 + (has & 1 ? 8 : 0) + (has & 2 ? 4 : 0);
  const next = (flag: number): number | undefined => {
    if ((has & flag) === 0) return undefined;
    at += 4;
    return tfhd.readUInt32BE(at - 4);
  };
  return { duration: next(8), size: next(0x10), flags: next(0x20) };
}

export interface Trun {
  readonly count: number;
  /** Where in the body the entries begin. */
  readonly entriesAt: number;
  readonly entries: Buffer;
  readonly entrySize: number;
  /** An entry begins with its duration, if it has one; then comes its size, if it has one. */
  readonly hasDuration: boolean;
  readonly hasSize: boolean;
  /** Where in an entry the size is, if it has one. */
  readonly sizeAt: number;
  /** Of the first sample, if the box says them. */
  readonly firstFlags: number | undefined;
}

/**
 * @param body of a trun box
 * @throws {RangeError} it is shorter than it says
 */
export function readTrun(body: Buffer): Trun {
  const has = body.readUInt32BE(0);
  const count = body.readUInt32BE(4);
  const entriesAt = 8 + (has & 1 ? 4 : 0) + (has & 4 ? 4 : 0);
  const entrySize = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => has & flag).length;
  const entries = body.subarray(entriesAt, entriesAt + count * entrySize);
  if (entries.length < count * entrySize || count > maxSamples) {
    throw new RangeError('a trun box that can hold what it says it holds was expected');
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
    firstFlags,
  };
}
