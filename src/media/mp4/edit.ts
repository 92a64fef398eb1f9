import type { FileHandle } from 'node:fs/promises';
import { type Box, boxes } from './boxes.ts';

/** A track of a fragmented MP4 file (ISO/IEC 14496-12). */
export interface Track {
  readonly id: number;
  /** `vide`, `soun` … */
  readonly kind: string;
  /** Of the sample entry: `avc1`, `hvc1`, `mp4a` … */
  readonly codec: string;
  /** Ticks per second. */
  readonly timescale: number;
  /** Pixels; 0 for sound. */
  readonly width: number;
  readonly height: number;
}

/** The samples of one track in one fragment. */
export interface Run {
  readonly track: Track;
  /** Decode time of the first sample, in ticks. */
  readonly start: number;
  /** Of each sample, in ticks. */
  readonly durations: readonly number[];
  /** The traf box, as part of the fragment's `moof`. */
  readonly traf: Buffer;
}

export const isPictures = ({ track, durations }: Run): boolean =>
  track.kind === 'vide' && durations.length > 0;

/** A moof box and the mdat box behind it, both complete. */
export interface Fragment {
  /** Of the moof box in the file, in bytes. */
  readonly offset: number;
  /** Of both boxes together, in bytes. */
  readonly size: number;
  /** The whole moof box. */
  readonly moof: Buffer;
  readonly runs: readonly Run[];
}

export interface FragmentedMp4 {
  readonly tracks: readonly Track[];
  readonly fragments: readonly Fragment[];
  /** Where the last complete box that was understood ends; what follows was cut off. */
  readonly completeBytes: number;
}

const readAtOnce = 4096;
/** Far more than any real one: what is larger is damage. */
const maxHeaderBytes = 4 * 1024 * 1024;
const maxSamples = 1_000_000;

/** The first box at the end of `path`, each name a box inside the one before it. */
export function findBox(bytes: Buffer, ...path: readonly string[]): Buffer | undefined {
  let inside: Buffer | undefined = bytes;
  for (const name of path) {
    if (inside === undefined) return undefined;
    inside = boxes(inside).find(({ type }) => type === name)?.body;
  }
  return inside;
}

/**
 * Reads the structure of a fragmented MP4 file, and of its media nothing. A tail that was cut off,
 * or can't be understood, is left out.
 */
export async function readFragmentedMp4(file: FileHandle): Promise<FragmentedMp4> {
  const { size: fileSize } = await file.stat();
  let tracks: KnownTrack[] = [];
  const fragments: Fragment[] = [];
  let completeBytes = 0;
  let moof: { offset: number; bytes: Buffer } | undefined;
  for (let at = 0; ; ) {
    const window = await readAt(file, at, readAtOnce);
    const head = readHead(window);
    if (head === undefined || at + head.size > fileSize) break;
    const wanted = head.type === 'moov' || head.type === 'moof';
    if (wanted && head.size > maxHeaderBytes) break;
    if (wanted) {
      const bytes =
        head.size <= window.length
          ? window.subarray(0, head.size)
          : await readAt(file, at, head.size);
      if (head.type === 'moov') tracks = readTracks(bytes.subarray(8));
      else moof = { offset: at, bytes };
    }
    if (moof !== undefined && head.type !== 'moof') {
      if (head.type !== 'mdat') break;
      const runs = tryReadRuns(moof.bytes.subarray(8), tracks);
      if (runs === undefined) break;
      fragments.push({
        offset: moof.offset,
        size: at + head.size - moof.offset,
        moof: moof.bytes,
        runs,
      });
      moof = undefined;
    }
    at += head.size;
    if (moof === undefined) completeBytes = at;
  }
  return { tracks, fragments, completeBytes };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function readHead(window: Buffer): { type: string; size: number } | undefined {
  if (window.length < 8) return undefined;
  const type = window.toString('latin1', 4, 8);
  const size = window.readUInt32BE(0);
  // 1: the size follows in 64 bits; 0: until the end of the file, which may have been cut off.
  if (size !== 1) return size < 8 ? undefined : { type, size };
  return window.length < 16 ? undefined : { type, size: Number(window.readBigUInt64BE(8)) };
}

interface KnownTrack extends Track {
  readonly defaultDuration: number;
}

function readTracks(moov: Buffer): KnownTrack[] {
  const defaults = new Map<number, number>();
  for (const { type, body } of boxes(findBox(moov, 'mvex') ?? Buffer.alloc(0))) {
    if (type === 'trex' && body.length >= 16)
      defaults.set(body.readUInt32BE(4), body.readUInt32BE(12));
  }
  return [...boxes(moov)].flatMap(({ type, body }) => {
    const track = type === 'trak' ? readTrack(body) : undefined;
    return track === undefined ? [] : [{ ...track, defaultDuration: defaults.get(track.id) ?? 0 }];
  });
}

function readTrack(trak: Buffer): Track | undefined {
  const tkhd = findBox(trak, 'tkhd');
  const mdhd = findBox(trak, 'mdia', 'mdhd');
  const hdlr = findBox(trak, 'mdia', 'hdlr');
  const stsd = findBox(trak, 'mdia', 'minf', 'stbl', 'stsd');
  if (tkhd === undefined || mdhd === undefined || hdlr === undefined || stsd === undefined) return;
  if (tkhd.length < 32 || mdhd.length < 24 || hdlr.length < 12 || stsd.length < 16) return;
  // Version 1 has times of 64 bits before these.
  const id = tkhd.readUInt32BE(tkhd[0] === 1 ? 20 : 12);
  const timescale = mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12);
  const kind = hdlr.toString('latin1', 8, 12);
  const isVideo = kind === 'vide' && stsd.length >= 44;
  return {
    id,
    kind,
    codec: stsd.toString('latin1', 12, 16),
    timescale,
    width: isVideo ? stsd.readUInt16BE(40) : 0,
    height: isVideo ? stsd.readUInt16BE(42) : 0,
  };
}

/** undefined: the boxes contradict each other. */
function tryReadRuns(moof: Buffer, tracks: readonly KnownTrack[]): Run[] | undefined {
  try {
    return readRuns(moof, tracks);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readRuns(moof: Buffer, tracks: readonly KnownTrack[]): Run[] {
  return [...boxes(moof)].flatMap(({ type, whole, body }) => {
    const run = type === 'traf' ? readRun(whole, body, tracks) : undefined;
    return run === undefined ? [] : [run];
  });
}

function readRun(traf: Buffer, body: Buffer, tracks: readonly KnownTrack[]): Run | undefined {
  const tfhd = findBox(body, 'tfhd');
  const tfdt = findBox(body, 'tfdt');
  if (tfhd === undefined || tfdt === undefined) return undefined;
  const track = tracks.find(({ id }) => id === tfhd.readUInt32BE(4));
  if (track === undefined) return undefined;
  const start = readDecodeTime(tfdt);
  const usual = readUsual(tfhd).duration ?? track.defaultDuration;
  const durations = trunsOf(traf).flatMap((trun) => {
    const { count, entries, entrySize, hasDuration } = readTrun(trun.body);
    return Array.from({ length: count }, (_, i) =>
      hasDuration ? entries.readUInt32BE(i * entrySize) : usual,
    );
  });
  return { track, start, durations, traf };
}

/** Those of a traf box. */
export const trunsOf = (traf: Buffer): Box[] =>
  [...boxes(traf.subarray(8))].filter(({ type }) => type === 'trun');

/** Of a tfhd box's body: what holds for samples that say nothing else. Throws RangeError if it is too short for the duration. */
export function readUsual(tfhd: Buffer): { readonly duration?: number; readonly size?: number } {
  const flags = tfhd.readUInt32BE(0);
  const durationAt = 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
  const sizeAt = durationAt + (flags & 8 ? 4 : 0);
  return {
    ...(flags & 8 ? { duration: tfhd.readUInt32BE(durationAt) } : {}),
    ...(flags & 0x10 && tfhd.length >= sizeAt + 4 ? { size: tfhd.readUInt32BE(sizeAt) } : {}),
  };
}

/** The body of a tfdt box. */
export const readDecodeTime = (tfdt: Buffer): number =>
  tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);

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
}

/** The body of a trun box. Throws RangeError if it is shorter than it says. */
export function readTrun(body: Buffer): Trun {
  const flags = body.readUInt32BE(0);
  const count = body.readUInt32BE(4);
  const entriesAt = 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
  const entrySize = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length;
  const entries = body.subarray(entriesAt, entriesAt + count * entrySize);
  if (entries.length < count * entrySize || count > maxSamples) {
    throw new RangeError('a trun box that can hold what it says it holds was expected');
  }
  return {
    count,
    entriesAt,
    entries,
    entrySize,
    hasDuration: (flags & 0x100) !== 0,
    hasSize: (flags & 0x200) !== 0,
    sizeAt: flags & 0x100 ? 4 : 0,
  };
}
