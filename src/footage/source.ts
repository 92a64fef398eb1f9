import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Camera } from '../model/camera.ts';
import { errorCode } from '../lib/errors.ts';
import type { CameraName } from '../model/camera-name.ts';
import { segmentFileName } from '../model/segment-name.ts';
import type { FootageSegment, Segment } from '../model/segment.ts';
import type { BucketReader } from '../storage/bucket-reader.ts';

/** Footage is not where it was a moment ago: find it again. */
export class FootageGoneError extends Error {
  override name = 'FootageGoneError';

  constructor(options?: ErrorOptions) {
    super('the footage is no longer where it was', options);
  }
}

/** An open segment. Dispose to close it. */
export interface OpenFootage extends AsyncDisposable {
  readonly bytes: number;
  /** Reads from byte `start` to before `end`, or everything. Only one read at a time. */
  read(signal: AbortSignal, start?: number, end?: number): AsyncIterable<Uint8Array>;
}

export interface FootageOptions {
  readonly bucket: Pick<BucketReader, 'open' | 'presign'>;
  /** Where browsers reach the bucket: `https://host[:port]`. */
  readonly bucketOrigin: string;
  /** Finds a segment in the spool by its file name. */
  readonly findSpooled: (camera: CameraName, fileName: string) => Segment | undefined;
}

/** Reads segments from the spool or the bucket. */
export class FootageSource {
  readonly bucketOrigin: string;
  readonly #options: FootageOptions;

  constructor(options: FootageOptions) {
    this.#options = options;
    this.bucketOrigin = options.bucketOrigin;
  }

  /** A URL of a stored segment that anyone can read for `seconds`. */
  presign(key: string, seconds: number): Promise<string> {
    return this.#options.bucket.presign(key, seconds);
  }

  /** @throws {FootageGoneError} if it isn't where the ledger says, for example just uploaded */
  async open(camera: Camera, segment: FootageSegment): Promise<OpenFootage> {
    return segment.objectKey === undefined
      ? this.#openSpooled(camera, segment)
      : this.#openStored(segment.objectKey, segment.bytes);
  }

  async #openSpooled(camera: Camera, segment: FootageSegment): Promise<OpenFootage> {
    const name = segmentFileName({ ...camera, ...segment });
    // Files in the spool keep the old name when their camera or account is renamed.
    const found = [camera.account, ...camera.formerAccounts]
      .flatMap((account) =>
        [camera.camera, ...camera.formerNames].map((one) => ({ account, camera: one })),
      )
      .map((one) => this.#options.findSpooled(one, name))
      .find((one) => one !== undefined);
    if (found === undefined) throw new FootageGoneError();
    const file = await open(found.path, 'r').catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') throw new FootageGoneError({ cause: error });
      throw error;
    });
    return {
      bytes: found.bytes,
      // An open file can be read even after it is deleted.
      read: (signal, start = 0, end = found.bytes) =>
        end <= start
          ? nothing()
          : createReadStream(found.path, {
              fd: file,
              start,
              end: end - 1,
              autoClose: false,
              signal,
            }),
      [Symbol.asyncDispose]: () => file.close(),
    };
  }

  #openStored(key: string, bytes: number): OpenFootage {
    const { bucket } = this.#options;
    async function* read(signal: AbortSignal, start = 0, end = bytes): AsyncGenerator<Uint8Array> {
      if (end <= start) return;
      const whole = start === 0 && end === bytes;
      const body = await bucket.open(key, signal, whole ? undefined : { start, end });
      if (body === undefined) throw new FootageGoneError();
      yield* body;
    }
    return { bytes, read, [Symbol.asyncDispose]: async () => {} };
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
