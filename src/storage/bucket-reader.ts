import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  HeadObjectCommand,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { SegmentIdentity } from '../model/segment-name.ts';
import type { BucketAccess } from './access.ts';
import { boundedBody } from './answer-bounds.ts';
import { httpStatus } from './http-status.ts';
import { parseSegmentKey } from './key.ts';
import { decoded, listingPages } from './listing.ts';
import { ListingError } from './object-error.ts';

/** An object as a listing shows it. */
export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  /** As the store writes it, with or without quotes. */
  readonly etag: string;
  /** When the store received the object, by the store's clock, in ms since 1970 UTC. */
  readonly modifiedMs: number;
  /** What the key says; absent if the key is not a segment's. */
  readonly segment?: SegmentIdentity;
}

/** The direct content of a folder of the bucket. */
export interface Folder {
  /** The names of its subfolders, without the trailing `/`. */
  readonly folders: readonly string[];
  readonly objects: readonly ListedObject[];
}

/** A folder is kept in memory. There are fewer accounts, and fewer cameras of one. */
const mostInFolder = 1_000_000;

/** The most that one PUT can bring to S3. */
const largestObject = 5 * 1024 ** 3;

/** Lists and reads the bucket. Each method rejects with an error of the store, or the signal's. */
export class BucketReader {
  readonly #access: BucketAccess;

  constructor(access: BucketAccess) {
    this.#access = access;
  }

  /** What precedes the account's name in each key: empty, or ends with `/`. */
  get prefix(): string {
    return this.#access.prefix;
  }

  /**
   * All objects below `under` whose keys come after `under` + `after`, page by page in the order of
   * their keys. `under` is the part of a key after the prefix: empty for all objects, else ending
   * with `/`. Keeps no earlier page in memory.
   */
  async *pages(
    under: string,
    options: {
      readonly after?: string;
      /** Most objects per page; the store's default (1,000) unless given. */
      readonly atOnce?: number;
      readonly signal: AbortSignal;
    },
  ): AsyncGenerator<ListedObject[]> {
    const { after, atOnce, signal } = options;
    const prefix = this.#access.prefix + under;
    const input = {
      Prefix: prefix,
      StartAfter: after === undefined ? undefined : prefix + after,
      MaxKeys: atOnce,
    };
    for await (const page of listingPages(this.#access, input, signal)) yield this.#objects(page);
  }

  /** The direct content of the folder `under`, which is as for {@link pages}. */
  async folder(under: string, signal: AbortSignal): Promise<Folder> {
    const prefix = this.#access.prefix + under;
    const folders: string[] = [];
    const objects: ListedObject[] = [];
    const input = { Prefix: prefix, Delimiter: '/' };
    for await (const page of listingPages(this.#access, input, signal)) {
      for (const { Prefix: folder } of page.CommonPrefixes ?? []) {
        folders.push(decoded(page, folder).slice(prefix.length, -1));
      }
      objects.push(...this.#objects(page));
      if (folders.length + objects.length > mostInFolder) {
        throw new ListingError(
          `there are more than ${mostInFolder} names directly below ${prefix}`,
        );
      }
    }
    return { folders, objects };
  }

  /** What a key says, if it is a segment's. */
  identify(key: string): SegmentIdentity | undefined {
    return parseSegmentKey(this.#access.prefix, key);
  }

  /** The size of an object; undefined if there is none. */
  async sizeOf(key: string, signal: AbortSignal): Promise<number | undefined> {
    try {
      const { ContentLength: bytes } = await this.#access.client.send(
        new HeadObjectCommand({ Bucket: this.#access.bucket, Key: key }),
        { abortSignal: signal },
      );
      return bytes ?? 0;
    } catch (error) {
      if (httpStatus(error) === 404) return undefined;
      throw error;
    }
  }

  /** Reads an object without keeping it. @returns its size and hash; undefined if there is none. */
  async digest(
    key: string,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: number; readonly sha256: string } | undefined> {
    const hash = createHash('sha256');
    let bytes = 0;
    const body = await this.open(key, signal);
    if (body === undefined) return undefined;
    for await (const chunk of body) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  /**
   * The content of an object, piece by piece; undefined if there is none.
   *
   * @param range bytes from `start` to before `end`; the whole object unless given
   */
  async open(
    key: string,
    signal: AbortSignal,
    range?: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    try {
      const { Body: body, ContentLength: bytes } = await this.#access.client.send(
        new GetObjectCommand({
          Bucket: this.#access.bucket,
          Key: key,
          ...(range && { Range: `bytes=${range.start}-${range.end - 1}` }),
        }),
        { abortSignal: signal },
      );
      return boundedBody(body, range ? range.end - range.start : (bytes ?? largestObject));
    } catch (error) {
      if (httpStatus(error) === 404) return undefined;
      throw error;
    }
  }

  /** A URL at which anyone can read the object for `seconds`. */
  async presign(key: string, seconds: number): Promise<string> {
    const command = new GetObjectCommand({ Bucket: this.#access.bucket, Key: key });
    return getSignedUrl(this.#access.client, command, { expiresIn: seconds });
  }

  #objects(page: ListObjectsV2CommandOutput): ListedObject[] {
    return (page.Contents ?? []).map(
      ({ Key, Size: bytes = 0, ETag: etag = '', LastModified: at }) => {
        const key = decoded(page, Key);
        const segment = parseSegmentKey(this.#access.prefix, key);
        const modifiedMs = at?.getTime() ?? 0;
        return { key, bytes, etag, modifiedMs, segment };
      },
    );
  }
}
