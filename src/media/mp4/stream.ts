import { createHash } from 'node:crypto';
import type { SegmentInit } from '../../model/segment.ts';
import { Mp4Error, readBoxes } from './boxes.ts';
import { readRuns, type Run } from './runs.ts';
import { readTracks, type Track } from './tracks.ts';

const maxInitBytes = 1024 * 1024;

/** The part of a file before the first fragment, and its summary for the ledger. */
export interface Init {
  readonly bytes: Buffer;
  readonly summary: SegmentInit;
}

/** @returns undefined if the file doesn't begin with the boxes of footage */
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

/** A moof box and the mdat box after it, with the media. */
export interface MediaFragment {
  /** Like `mdat`, the whole box. */
  readonly moof: Buffer;
  readonly mdat: Buffer;
  readonly runs: readonly Run[];
}

/**
 * Yields the parts of a footage file as its bytes arrive: the init, then the fragments.
 *
 * @throws {Mp4Error} the file is damaged
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
