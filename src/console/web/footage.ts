import type { CameraName } from '../../lib/names.ts';

/** An open file of footage. Whoever opened it closes it. */
export interface OpenFile extends AsyncDisposable {
  readonly bytes: number;
  /** From the byte `start` to before `end`. */
  read(start: number, end: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Where segments are read from. */
export interface FootageSource {
  /** Where browsers get stored footage themselves: `https://host[:port]`. */
  readonly bucketOrigin: string;
  /** An address of an object that whoever has it can read for `seconds`. */
  presign(key: string, seconds: number): Promise<string>;
  /** An object of the bucket; undefined if there is none. */
  openStored(key: string, bytes: number): OpenFile;
  /** A file of the spool; undefined if it is not there (any more). */
  openSpooled(camera: CameraName, fileName: string): Promise<OpenFile | undefined>;
}
