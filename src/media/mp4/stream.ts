import { createHash } from 'node:crypto';
import type { SegmentInit } from '../../model/segment.ts';
import { Mp4Error, readBoxes } from './boxes.ts';
import { readRuns, type Run } from './runs.ts';
import { readTracks, type Track } from './tracks.ts';

const maxInitBytes = 1024 * 1024;

/** What comes before the first fragment: all its bytes, and what the ledger keeps of them. */
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

const initOf = (bytes: Buffer): Init => ({
  bytes,
  summary: {
    bytes: bytes.length,
    hash: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
  },
});

/** A moof box and the mdat box behind it, with the media. */
export interface MediaFragment {
  /** Both whole. */
  readonly moof: Buffer;
  readonly mdat: Buffer;
  readonly runs: readonly Run[];
}

/**
 * A file of footage as its bytes arrive: what comes before its fragments, then these.
 *
 * @throws {Mp4Error} it is damaged
 */
export async function* readFragments(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly init: Init } | MediaFragment> {
  const before: Buffer[] = [];
  let tracks: readonly Track[] | undefined;
  let moof: Buffer | undefined;
  for await (const { type, whole, body } of readBoxes(source)) {
    if (tracks === undefined) {
      before.push(whole);
      if (type !== 'moov') continue;
      tracks = readTracks(body);
      yield { init: initOf(Buffer.concat(before)) };
    } else if (type === 'moof') {
      moof = whole;
    } else if (type === 'mdat' && moof !== undefined) {
      yield { moof, mdat: whole, runs: runsOf(moof, tracks) };
      moof = undefined;
    }
  }
}

function runsOf(moof: Buffer, tracks: readonly Track[]): Run[] {
  try {
    return readRuns(moof.subarray(8), tracks);
  } catch (error) {
    throw new Mp4Error({ cause: error });
  }
}
