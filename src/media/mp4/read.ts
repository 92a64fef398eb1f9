import { createHash } from 'node:crypto';
import { type Box, boxes } from './boxes.ts';
import type { SegmentInit } from '../../model/segment.ts';

// Fragmented MP4 (ISO/IEC 14496-12), as far as players and exports need it.

/** No part of real footage is larger. */
const maxBoxBytes = 128 * 1024 * 1024;

/** The bodies of the boxes at the end of `path`, each name a box inside the one before it. */
export function findBoxes(bytes: Buffer, ...path: readonly string[]): Buffer[] {
  let found = [bytes];
  for (const name of path) {
    found = found.flatMap((inside) =>
      [...boxes(inside)].filter(({ type }) => type === name).map(({ body }) => body),
    );
  }
  return found;
}

/** The boxes of a file, each whole, as they come. A tail that was cut off is left out. */
export async function* readBoxes(source: AsyncIterable<Uint8Array>): AsyncGenerator<Box> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let wanted = 8;
  for await (const chunk of source) {
    parts.push(chunk);
    length += chunk.length;
    if (length < wanted) continue;
    let rest = Buffer.concat(parts);
    for (wanted = 8; rest.length >= 8; wanted = 8) {
      const size = rest.readUInt32BE(0);
      if (size < 8 || size > maxBoxBytes) throw new Error('this is no fragmented MP4');
      wanted = size;
      if (rest.length < size) break;
      const whole = rest.subarray(0, size);
      yield { type: whole.toString('latin1', 4, 8), whole, body: whole.subarray(8) };
      rest = rest.subarray(size);
    }
    parts = [rest];
    length = rest.length;
  }
}

const maxInitBytes = 1024 * 1024;

/** What comes before the first fragment: all of it, and what is kept of it. */
export interface Init {
  readonly bytes: Buffer;
  readonly summary: SegmentInit;
}

/** @returns undefined if the file doesn't begin as footage does */
export async function readInit(source: AsyncIterable<Uint8Array>): Promise<Init | undefined> {
  const before: Buffer[] = [];
  let length = 0;
  for await (const { type, whole } of readBoxes(source)) {
    before.push(whole);
    length += whole.length;
    if (length > maxInitBytes || type === 'mdat' || type === 'moof') return undefined;
    if (type === 'moov') return initOf(Buffer.concat(before));
  }
  return undefined;
}

export const initOf = (bytes: Buffer): Init => ({
  bytes,
  summary: {
    bytes: bytes.length,
    hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
  },
});

export interface Track {
  readonly id: number;
  readonly isVideo: boolean;
  /** Ticks per second. */
  readonly timescale: number;
  readonly defaultDuration: number;
  readonly defaultFlags: number;
}

export function tracksOf(init: Buffer): Track[] {
  const defaults = new Map(
    findBoxes(init, 'moov', 'mvex', 'trex').map((trex) => [
      trex.readUInt32BE(4),
      { duration: trex.readUInt32BE(12), flags: trex.readUInt32BE(20) },
    ]),
  );
  return findBoxes(init, 'moov', 'trak').flatMap((trak) => {
    const [tkhd] = findBoxes(trak, 'tkhd');
    const [mdhd] = findBoxes(trak, 'mdia', 'mdhd');
    const [hdlr] = findBoxes(trak, 'mdia', 'hdlr');
    if (tkhd === undefined || mdhd === undefined || hdlr === undefined) return [];
    // Version 1 has times of 64 bits before these.
    const id = tkhd.readUInt32BE(tkhd[0] === 1 ? 20 : 12);
    const { duration = 0, flags = 0 } = defaults.get(id) ?? {};
    return {
      id,
      isVideo: hdlr.toString('latin1', 8, 12) === 'vide',
      timescale: mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12),
      defaultDuration: duration,
      defaultFlags: flags,
    };
  });
}

/** The samples of one track in a fragment. */
export interface TrackRun {
  readonly track: Track;
  /** Of the first sample, in ticks. */
  readonly start: number;
  /** Of all samples, in ticks. */
  readonly duration: number;
  readonly samples: number;
  /** Whether it begins with a picture that needs no other. */
  readonly isSync: boolean;
  /** Sets {@link start}, in the moof box itself. */
  moveTo(ticks: number): void;
}

const notSync = 0x10000;

/** What is in a moof box. */
export function runsOf(moof: Buffer, tracks: readonly Track[]): TrackRun[] {
  return findBoxes(moof, 'traf').flatMap((traf) => {
    const [tfhd] = findBoxes(traf, 'tfhd');
    const [tfdt] = findBoxes(traf, 'tfdt');
    const track = tracks.find(({ id }) => id === tfhd?.readUInt32BE(4));
    if (tfhd === undefined || tfdt === undefined || track === undefined) return [];
    const tfhdFlags = tfhd.readUInt32BE(0);
    let at = 8 + (tfhdFlags & 1 ? 8 : 0) + (tfhdFlags & 2 ? 4 : 0);
    const usualDuration = tfhdFlags & 8 ? tfhd.readUInt32BE(at) : track.defaultDuration;
    at += (tfhdFlags & 8 ? 4 : 0) + (tfhdFlags & 0x10 ? 4 : 0);
    const usualFlags = tfhdFlags & 0x20 ? tfhd.readUInt32BE(at) : track.defaultFlags;
    let duration = 0;
    let samples = 0;
    let firstFlags: number | undefined;
    for (const trun of findBoxes(traf, 'trun')) {
      const flags = trun.readUInt32BE(0);
      const count = trun.readUInt32BE(4);
      const hasDuration = (flags & 0x100) !== 0;
      const entrySize = 4 * [0x100, 0x200, 0x400, 0x800].filter((flag) => flags & flag).length;
      const entries = 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
      if (entries + count * entrySize > trun.length) throw new Error('this is no fragmented MP4');
      for (let i = 0; i < count; i += 1) {
        duration += hasDuration ? trun.readUInt32BE(entries + i * entrySize) : usualDuration;
      }
      if (count > 0 && firstFlags === undefined) {
        const inEntry = (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0);
        firstFlags =
          flags & 4
            ? trun.readUInt32BE(entries - 4)
            : flags & 0x400
              ? trun.readUInt32BE(entries + inEntry)
              : usualFlags;
      }
      samples += count;
    }
    const isLong = tfdt[0] === 1;
    return {
      track,
      start: isLong ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4),
      duration,
      samples,
      isSync: ((firstFlags ?? notSync) & notSync) === 0,
      moveTo(ticks) {
        if (isLong) tfdt.writeBigUInt64BE(BigInt(ticks), 4);
        else tfdt.writeUInt32BE(ticks, 4);
      },
    };
  });
}

/** A moof box and the mdat box behind it. */
export interface Fragment {
  readonly moof: Buffer;
  readonly mdat: Buffer;
  readonly runs: readonly TrackRun[];
}

/** A file of footage: what comes before its fragments, then these. */
export async function* readFragments(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly init: Init } | Fragment> {
  const before: Buffer[] = [];
  let tracks: readonly Track[] | undefined;
  let moof: Buffer | undefined;
  for await (const { type, whole } of readBoxes(source)) {
    if (tracks === undefined) {
      before.push(whole);
      if (type !== 'moov') continue;
      const init = initOf(Buffer.concat(before));
      tracks = tracksOf(init.bytes);
      yield { init };
    } else if (type === 'moof') {
      moof = whole;
    } else if (type === 'mdat' && moof !== undefined) {
      yield { moof, mdat: whole, runs: runsOf(moof.subarray(8), tracks) };
      moof = undefined;
    }
  }
}
