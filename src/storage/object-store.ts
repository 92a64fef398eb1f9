import { createHash } from 'node:crypto';
import { createReadStream, ReadStream } from 'node:fs';
import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { SegmentIdentity } from '../model/segment-name.ts';
import { within } from '../lib/until.ts';
import type { Segment } from '../model/segment.ts';
import { BucketReader } from './bucket-reader.ts';
import { abortable, createClient, signWithGivenHash } from './client.ts';
import { type Content, readContent } from './content.ts';
import { Documents } from './documents.ts';
import type { StoreCredentials } from '../model/store-credentials.ts';
import { ReplaceableCredentials } from './credentials.ts';
import {
  type BucketPlace,
  explainStoreError,
  httpStatus,
  type StoreTrouble,
  storeTrouble,
} from './explain.ts';
import { dayPrefix, days, parseSegmentKey, segmentKey } from './key.ts';
import { Leftovers } from './leftovers.ts';
import { base64, judge, type Proof } from './proof.ts';

export type { ChecksumKind, Proof } from './proof.ts';

export interface ObjectStoreOptions {
  readonly bucket: string;
  /** `https://host[:port]`; Amazon's for the region unless given. */
  readonly endpoint?: string;
  readonly region: string;
  /** Whether URLs name the bucket in the path (most self-hosted stores) or in the host (Amazon). */
  readonly pathStyle: boolean;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Returns the valid credentials; called after the store has refused the present ones. */
  readonly currentCredentials?: () => Promise<StoreCredentials> | StoreCredentials;
  /** What all keys begin with, such as `cctv/`; empty unless given. */
  readonly prefix?: string;
  /**
   * Idle timeout of a connection; 60 s unless given. It can't be much shorter on a slow link: while
   * the kernel sends what it has buffered, maybe megabytes, the connection looks idle to us.
   */
  readonly stallMs?: number;
  /** Timeout of {@link ObjectStore.check}; 15 s unless given. */
  readonly checkWithinMs?: number;
  readonly log: Log;
}

/** A segment in the bucket, as its key describes it. */
export interface StoredSegment extends SegmentIdentity {
  readonly key: string;
  readonly bytes: number;
}

/** Limit of parallel uploads; more connections are no faster. */
export const uploadsAtOnce = 16;

/** Extra connections, so that a listing needn't wait for an upload to finish. */
const otherConnections = 4;

/** A segment up to this size is one request. Larger ones are sent in parts: rare, and slower. */
const singlePutBytes = 64 * 1024 * 1024;
const partBytes = 16 * 1024 * 1024;

/** A segment that overlaps a time range begins at most this long before the range. */
const longestSegmentMs = 3_600_000;

/** Opens a bucket. Sends nothing before a method is called. */
export const createObjectStore = (options: ObjectStoreOptions): ObjectStore =>
  new ObjectStore(options);

/** A bucket of segments. */
export class ObjectStore implements Disposable {
  readonly reader: BucketReader;
  /** The objects that are not segments. */
  readonly documents: Documents;
  /** What killed uploads have left in the bucket. */
  readonly leftovers: Leftovers;
  readonly #credentials: ReplaceableCredentials;
  readonly #options: ObjectStoreOptions;
  readonly #client: S3Client;
  readonly #prefix: string;
  /** Which features the store has. Set to false for good once it answers 501. */
  readonly #knows = { conditionalPut: true, checksum: true };
  #saidReadBack = false;

  /** Use {@link createObjectStore}. */
  constructor(options: ObjectStoreOptions) {
    this.#options = options;
    this.#prefix = options.prefix ?? '';
    this.#credentials = new ReplaceableCredentials(
      options,
      options.currentCredentials,
      options.log,
    );
    this.#client = createClient({
      ...options,
      credentials: this.#credentials,
      connections: uploadsAtOnce + otherConnections,
      stallMs: options.stallMs ?? 60_000,
    });
    signWithGivenHash(this.#client);
    const access = { client: this.#client, bucket: options.bucket, prefix: this.#prefix };
    this.reader = new BucketReader(access);
    this.leftovers = new Leftovers(access);
    this.documents = new Documents(access, this.reader, (...asked) => this.#prove(...asked));
  }

  /** Bucket and place, for the operator. */
  get name(): string {
    return `${this.#options.bucket} at ${this.#options.endpoint ?? `Amazon S3 in ${this.#options.region}`}`;
  }

  /**
   * Asks the store whether we can use the bucket.
   *
   * @throws OperatorError that says what is wrong: bucket absent, wrong credentials or region, clock,
   *   unreachable, TLS.
   */
  async check(signal: AbortSignal): Promise<void> {
    const ms = this.#options.checkWithinMs ?? 15_000;
    // A listing of one object: a response to HeadBucket has no body that could say what is wrong.
    const command = new ListObjectsV2Command({
      Bucket: this.#options.bucket,
      Prefix: this.#prefix,
      MaxKeys: 1,
    });
    try {
      await within(ms, 'an answer', signal, (abortSignal) =>
        this.#client.send(command, { abortSignal }),
      );
    } catch (error) {
      if (signal.aborted) throw error;
      throw new OperatorError(this.explain(error), { cause: error });
    }
  }

  /** What an error of this store means, in plain words. */
  explain(error: unknown): string {
    return explainStoreError(error, this.#place());
  }

  /** As {@link explain}, and whether the operator must act. */
  trouble(error: unknown): StoreTrouble {
    return storeTrouble(error, this.#place());
  }

  /**
   * Uploads a segment and has the store confirm its content. Idempotent, even in parallel, because
   * the key contains the hash of the content.
   *
   * @throws LocalFileError if the file is not what its name says; otherwise an error of the store,
   *   see {@link explain}.
   */
  async put(segment: Segment, signal: AbortSignal): Promise<Proof> {
    const key = segmentKey(this.#prefix, segment);
    const content = await readContent(segment, singlePutBytes, partBytes);
    const existing = await this.#upload(key, segment, content, signal);
    if (existing !== undefined) return existing;
    const proof = await this.#prove(key, content, signal);
    if (typeof proof === 'object') return proof;
    throw new Error(
      proof === 'absent'
        ? `the store took ${key} and then said that it has no such object`
        : `the store took ${key} and holds something else under that name`,
    );
  }

  /**
   * Proves a segment that has no local file by reading it from the bucket; undefined if the bucket
   * doesn't hold its content.
   */
  async find(segment: SegmentIdentity, signal: AbortSignal): Promise<Proof | undefined> {
    const key = segmentKey(this.#prefix, segment);
    const found = await this.reader.digest(key, signal);
    if (found?.sha256 !== segment.sha256) return undefined;
    const head = await this.#head(key, signal);
    return head && { key, ...found, checksum: 'read-back', etag: head.ETag ?? '' };
  }

  /** The segments of a camera with footage between two times (ms since 1970 UTC), the oldest first. */
  async listSegments(camera: CameraName, fromMs: number, toMs: number): Promise<StoredSegment[]> {
    const found: StoredSegment[] = [];
    for (const day of days(fromMs - longestSegmentMs, toMs)) {
      for await (const segment of this.#day(camera, day)) {
        if (segment.startMs < toMs && segment.startMs + segment.durationMs > fromMs) {
          found.push(segment);
        }
      }
    }
    return found.sort((a, b) => a.startMs - b.startMs);
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }

  #place(): BucketPlace {
    return { ...this.#options, accessKeyId: this.#credentials.accessKeyId };
  }

  async *#day(camera: CameraName, dayMs: number): AsyncGenerator<StoredSegment> {
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({
          Bucket: this.#options.bucket,
          Prefix: dayPrefix(this.#prefix, camera, dayMs),
          ContinuationToken: token,
        }),
      );
      for (const { Key: key = '', Size: bytes = 0 } of page.Contents ?? []) {
        const identity = parseSegmentKey(this.#prefix, key);
        if (identity !== undefined) yield { ...identity, key, bytes };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  /** @returns the proof if the right content was there before. */
  async #upload(
    key: string,
    segment: Segment,
    content: Content,
    signal: AbortSignal,
  ): Promise<Proof | undefined> {
    for (let overwrite = false; ; ) {
      const conditional = this.#knows.conditionalPut && !overwrite;
      const checksum = this.#knows.checksum;
      // Look first where a PUT can't be conditional, or would be refused only after all parts are
      // sent.
      if ((!conditional || content.body === undefined) && !overwrite) {
        const proof = await this.#prove(key, content, signal);
        if (typeof proof === 'object') return proof;
      }
      try {
        await this.#send(key, segment, content, { conditional, checksum }, signal);
        return undefined;
      } catch (error) {
        const status = httpStatus(error);
        if (status === 412 && conditional) {
          // Probably an earlier try of ours whose response was lost. If the content differs, we
          // overwrite it, since the key contains the right hash.
          const proof = await this.#prove(key, content, signal);
          if (typeof proof === 'object') return proof;
          this.#options.log.warn(
            'the bucket holds something else under a segment’s key; replaced',
            {
              camera: formatCameraName(segment),
              key,
            },
          );
          overwrite = true;
        } else if (status === 501 && conditional) {
          this.#learn('conditionalPut');
        } else if (status === 501 && checksum) {
          this.#learn('checksum');
        } else {
          throw error;
        }
      }
    }
  }

  async #send(
    key: string,
    segment: Segment,
    content: Content,
    use: { readonly conditional: boolean; readonly checksum: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { body, sha256 } = content;
    // The store checks the body against the SHA-256 and keeps it for HEAD. Not for parts: there it
    // would be a checksum of checksums, not the file's hash.
    const checksum =
      use.checksum && body !== undefined
        ? { ChecksumAlgorithm: 'SHA256' as const, ChecksumSHA256: base64(sha256) }
        : {};
    const params: PutObjectCommandInput = {
      Bucket: this.#options.bucket,
      Key: key,
      Body: body ?? createReadStream(segment.path),
      ContentType: 'video/mp4',
      Metadata: {
        sha256,
        start: new Date(segment.startMs).toISOString(),
        duration: String(segment.durationMs),
        account: segment.account,
        camera: segment.camera,
      },
      ...checksum,
      ...(use.conditional ? { IfNoneMatch: '*' } : {}),
    };
    try {
      await new Upload({
        client: abortable(this.#client, signal),
        params,
        partSize: body === undefined ? partBytes : singlePutBytes,
        queueSize: body === undefined ? 2 : 1,
      }).done();
    } finally {
      if (params.Body instanceof ReadStream) params.Body.destroy();
    }
  }

  async #prove(
    key: string,
    content: Content,
    signal: AbortSignal,
  ): Promise<Proof | 'absent' | 'different'> {
    const head = await this.#head(key, signal);
    if (head === undefined) return 'absent';
    let verdict = judge(head, content);
    if (verdict === 'unknown') {
      verdict = (await this.#readBack(key, signal)) === content.sha256 ? 'read-back' : 'different';
    }
    if (verdict === 'different') return verdict;
    const { bytes, sha256 } = content;
    return { key, bytes, sha256, checksum: verdict, etag: head.ETag ?? '' };
  }

  async #head(key: string, signal: AbortSignal): Promise<HeadObjectCommandOutput | undefined> {
    const checksum = this.#knows.checksum;
    try {
      return await this.#client.send(
        new HeadObjectCommand({
          Bucket: this.#options.bucket,
          Key: key,
          ...(checksum ? { ChecksumMode: 'ENABLED' } : {}),
        }),
        { abortSignal: signal },
      );
    } catch (error) {
      if (httpStatus(error) === 404) return undefined;
      if (httpStatus(error) !== 501 || !checksum) throw error;
      this.#learn('checksum');
      return await this.#head(key, signal);
    }
  }

  async #readBack(key: string, signal: AbortSignal): Promise<string> {
    if (!this.#saidReadBack) {
      this.#saidReadBack = true;
      this.#options.log.info(
        'the store confirms neither SHA-256 nor MD5 of what it holds: segments are read back',
        { key },
      );
    }
    const { Body: body } = await this.#client.send(
      new GetObjectCommand({ Bucket: this.#options.bucket, Key: key }),
      { abortSignal: signal },
    );
    const hash = createHash('sha256');
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) hash.update(chunk);
    return hash.digest('hex');
  }

  #learn(lacks: 'conditionalPut' | 'checksum'): void {
    if (!this.#knows[lacks]) return;
    this.#knows[lacks] = false;
    this.#options.log.debug('the store lacks a feature; going on without it', { lacks });
  }
}
