import type { FileHandle } from 'node:fs/promises';
import { readRuns, type Run } from './runs.ts';
import { readTracks, type Track } from './tracks.ts';

/** A moof box of a file and the mdat box after it, both complete. */
export interface FileFragment {
  /** Offset of the moof box in the file, in bytes. */
  readonly offset: number;
  /** Size of both boxes together, in bytes. */
  readonly size: number;
  /** The whole moof box. */
  readonly moof: Buffer;
  readonly runs: readonly Run[];
}

export interface FragmentedFile {
  readonly tracks: readonly Track[];
  /** The whole moov box; undefined if there is none. */
  readonly moov: { readonly offset: number; readonly bytes: Buffer } | undefined;
  readonly fragments: readonly FileFragment[];
  /** End of the last complete and valid fragment or other box; the bytes after it are unusable. */
  readonly completeBytes: number;
}

const readAtOnce = 4096;
/** Far more than any real moov or moof box has: a larger box is damaged. */
const maxHeaderBytes = 4 * 1024 * 1024;

/**
 * Reads the structure of a fragmented MP4 file, but none of its media. Leaves out a tail that is
 * incomplete or invalid.
 */
export async function readFragmentedFile(file: FileHandle): Promise<FragmentedFile> {
  const { size: fileSize } = await file.stat();
  let tracks: Track[] = [];
  const fragments: FileFragment[] = [];
  let completeBytes = 0;
  let moov: FragmentedFile['moov'];
  let moof: { offset: number; bytes: Buffer } | undefined;
  for (let at = 0; ; ) {
    const window = await readAt(file, at, readAtOnce);
    const head = readHead(window);
    if (head === undefined || at + head.size > fileSize) break;
    const wanted = head.type === 'moov' || head.type === 'moof';
    if (wanted && head.size > maxHeaderBytes) break;
    if (wanted) {
      // A copy: a file may have very many fragments, and a part of a window keeps all of it in memory.
      const bytes =
        head.size <= window.length
          ? Buffer.from(window.subarray(0, head.size))
          : await readAt(file, at, head.size);
      if (head.type === 'moov') {
        moov = { offset: at, bytes };
        tracks = readTracks(bytes.subarray(8));
      } else moof = { offset: at, bytes };
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
  return { tracks, moov, fragments, completeBytes };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function readHead(window: Buffer): { type: string; size: number } | undefined {
  if (window.length < 8) return undefined;
  const type = window.toString('latin1', 4, 8);
  const size = window.readUInt32BE(0);
  // 1: a 64-bit size follows; 0: the box extends to the end of the file, which may have been cut off.
  if (size !== 1) return size < 8 ? undefined : { type, size };
  return window.length < 16 ? undefined : { type, size: Number(window.readBigUInt64BE(8)) };
}

/** @returns undefined if the boxes contradict themselves */
function tryReadRuns(moof: Buffer, tracks: readonly Track[]): Run[] | undefined {
  try {
    return readRuns(moof, tracks);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
