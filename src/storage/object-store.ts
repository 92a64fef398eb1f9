import { createReadStream } from 'node:fs';
import type { S3Client } from '@aws-sdk/client-s3';
import { OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { SegmentIdentity } from '../model/segment-name.ts';
import type { Segment } from '../model/segment.ts';
import { type Abilities, findAbilities } from './abilities.ts';
import { BucketReader } from './bucket-reader.ts';
import { createClient, signWithGivenHash } from './client.ts';
import { type Content, readContent } from './content.ts';
import { Documents } from './documents.ts';
import { credentialsOf, type CredentialsReader, ReplaceableCredentials } from './credentials.ts';
import { type BucketPlace, explainStoreError, type StoreTrouble, storeTrouble } from './explain.ts';
import { Features } from './features.ts';
import { dayFolder, days, segmentKey } from './key.ts';
import { bucketRules, type LifecycleRule } from './lifecycle.ts';
import { Leftovers } from './leftovers.ts';
import { ObjectError } from './object-error.ts';
import type { Proof, PutAnswer } from './proof.ts';
import { Prover } from './prover.ts';
import { attemptPut, partBytes, singlePutBytes } from './put.ts';
import { type ProbeStep, tryBucket } from './probe.ts';
import { Sample, type SampleCounts } from './sample.ts';

export type { ChecksumKind, Proof } from './proof.ts';

export interface ObjectStoreOptions {
  readonly bucket: string;
  /** `https://host[:port]`; Amazon's for the region unless given. */
  readonly endpoint?: string;
  readonly region: string;
  /** Whether URLs name the bucket in the path (most self-hosted stores) or in the host (Amazon). */
  readonly pathStyle: boolean;
  /** Without keys, those are used that the SDK finds on this machine. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** Returns the valid credentials; called after the store has refused the present ones. */
  readonly currentCredentials?: CredentialsReader;
  /** What all keys begin with, such as `cctv/`; empty unless given. */
  readonly prefix?: string;
  /**
   * Idle timeout of a connection; 60 s unless given. It can't be much shorter on a slow link: while
   * the kernel sends what it has buffered, maybe megabytes, the connection looks idle to us.
   */
  readonly stallMs?: number;
  /** Timeout of each step of {@link ObjectStore.check}; 15 s unless given. */
  readonly checkWithinMs?: number;
  /**
   * The share of segments that are read back after the store has confirmed them, from 0 to 1; with the
   * first one of each day. None unless given.
   */
  readonly readBack?: number;
  /** How long the store may take to show an object that it took; 20 s unless given. */
  readonly patienceMs?: number;
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

/** Keys of objects that the store took and didn't show in time; more are not kept in mind. */
const mostNotShown = 1_000;

/** An object that exists and was not shown so often is sent anew, in case that helps. */
const triesUnseen = 10;

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
  readonly #features: Features;
  readonly #prover: Prover;
  readonly #sample: Sample;
  /** Keys of objects that the store took and then did not show, and how often. */
  readonly #notShown = new Map<string, number>();

  /** Use {@link createObjectStore}. */
  constructor(options: ObjectStoreOptions) {
    this.#options = options;
    this.#prefix = options.prefix ?? '';
    this.#credentials = new ReplaceableCredentials(
      credentialsOf(options),
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
    this.#features = new Features(options.log);
    this.#sample = new Sample(options.readBack);
    this.#prover = new Prover({
      ...access,
      features: this.#features,
      sample: this.#sample,
      log: options.log,
      patienceMs: options.patienceMs,
    });
    this.documents = new Documents(access, this.reader, (...asked) => this.#prover.prove(...asked));
  }

  /** Bucket and place, for the operator. */
  get name(): string {
    return `${this.#options.bucket} at ${this.#options.endpoint ?? `Amazon S3 in ${this.#options.region}`}`;
  }

  /** What reading samples back has shown since the start. */
  get sampled(): SampleCounts {
    return this.#sample.counts;
  }

  /** Where browsers reach the bucket: `https://host[:port]`. Needs no credentials and asks nobody. */
  async origin(): Promise<string> {
    const { log, bucket } = this.#options;
    const nobody = { accessKeyId: 'nobody', secretAccessKey: 'nothing' };
    const client = createClient({
      ...this.#options,
      credentials: new ReplaceableCredentials(nobody, undefined, log),
      connections: 1,
      stallMs: 1_000,
    });
    try {
      const reader = new BucketReader({ client, bucket, prefix: '' });
      return new URL(await reader.presign('origin', 60)).origin;
    } finally {
      client.destroy();
    }
  }

  /**
   * Tries whether we can use the bucket, with a small object that goes there and back.
   *
   * @throws OperatorError that says what is wrong: bucket absent, wrong credentials or region, clock,
   *   unreachable, TLS, no store at all.
   */
  async check(signal: AbortSignal): Promise<void> {
    const steps = await this.probe(signal);
    const failed = steps.find(({ right, problem }) => problem !== undefined && right !== 'delete');
    if (failed?.problem !== undefined) throw new OperatorError(failed.problem);
  }

  /** Tries each operation that we need, as uploads use it, and stops at the first that fails. */
  probe(signal: AbortSignal): Promise<readonly ProbeStep[]> {
    const { bucket, checkWithinMs } = this.#options;
    return tryBucket(
      {
        client: this.#client,
        bucket,
        prefix: this.#prefix,
        features: this.#features,
        explain: (error) => this.explain(error),
        stepMs: checkWithinMs,
      },
      signal,
    );
  }

  /** Tries what the store can do beside what is needed. Rejects with an error of the store, or the signal's. */
  abilities(signal: AbortSignal): Promise<Abilities> {
    return findAbilities(
      {
        client: this.#client,
        bucket: this.#options.bucket,
        prefix: this.#prefix,
        features: this.#features,
        log: this.#options.log,
      },
      signal,
    );
  }

  /** The enabled rules of the bucket that delete our objects; undefined if we may not read them. */
  rules(signal: AbortSignal): Promise<readonly LifecycleRule[] | undefined> {
    const { bucket } = this.#options;
    return bucketRules({ client: this.#client, bucket, prefix: this.#prefix }, signal);
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
    const answer = await this.#upload(key, segment, content, signal);
    const proof =
      'checksum' in answer ? answer : await this.#prover.prove(key, content, signal, answer);
    if (typeof proof === 'object') {
      this.#notShown.delete(key);
      return proof;
    }
    if (proof === 'different') {
      throw new ObjectError(`the store took ${key} and holds something else under that name`);
    }
    this.#noteNotShown(key);
    throw new ObjectError(`the store took ${key} and then said that it has no such object`);
  }

  /**
   * Proves a segment that has no local file by reading it from the bucket; undefined if the bucket
   * doesn't hold its content.
   */
  async find(segment: SegmentIdentity, signal: AbortSignal): Promise<Proof | undefined> {
    const key = segmentKey(this.#prefix, segment);
    const found = await this.reader.digest(key, signal);
    if (found?.sha256 !== segment.sha256) return undefined;
    const head = await this.#prover.head(key, signal);
    return head && { key, ...found, checksum: 'read-back', etag: head.ETag ?? '' };
  }

  /** The segments of a camera with footage between two times (ms since 1970 UTC), the oldest first. */
  async listSegments(
    camera: CameraName,
    fromMs: number,
    toMs: number,
    signal: AbortSignal,
  ): Promise<StoredSegment[]> {
    const found: StoredSegment[] = [];
    for (const day of days(fromMs - longestSegmentMs, toMs)) {
      const under = dayFolder(camera, day);
      for await (const page of this.reader.pages(under, { signal })) {
        for (const { key, bytes, segment } of page) {
          if (segment === undefined) continue;
          if (segment.startMs < toMs && segment.startMs + segment.durationMs > fromMs) {
            found.push({ ...segment, key, bytes });
          }
        }
      }
    }
    return found.sort((a, b) => a.startMs - b.startMs);
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }

  /** @returns how often the object was not shown. */
  #noteNotShown(key: string): number {
    const times = (this.#notShown.get(key) ?? 0) + 1;
    if (times > 1 || this.#notShown.size < mostNotShown) this.#notShown.set(key, times);
    return times;
  }

  #place(): BucketPlace {
    return { ...this.#options, accessKeyId: this.#credentials.accessKeyId };
  }

  /** @returns the proof if the right content was there before; else the store's answer. */
  async #upload(
    key: string,
    segment: Segment,
    content: Content,
    signal: AbortSignal,
  ): Promise<Proof | PutAnswer> {
    const { log, bucket } = this.#options;
    for (let overwrite = false; ; ) {
      const conditional = this.#features.has('conditionalPut') && !overwrite;
      const wasSent = this.#notShown.has(key);
      // Look first where a PUT can't be conditional, where it would be refused only after all parts
      // are sent, and where the store took it and did not show it.
      if ((!conditional || content.body === undefined || wasSent) && !overwrite) {
        const proof = await this.#prover.prove(key, content, signal);
        if (typeof proof === 'object') return proof;
      }
      const answer = await attemptPut(
        this.#client,
        this.#features,
        {
          bucket,
          key,
          body: content.body ?? createReadStream(segment.path),
          sha256: content.sha256,
          md5: content.md5Etag,
          contentType: 'video/mp4',
          metadata: {
            sha256: content.sha256,
            start: new Date(segment.startMs).toISOString(),
            duration: String(segment.durationMs),
            account: segment.account,
            camera: segment.camera,
          },
          keepExisting: !overwrite,
        },
        signal,
      );
      if (answer === 'learned') continue;
      if (answer !== 'exists') return answer;
      // Probably an earlier try of ours whose response was lost, which the store may show late. If
      // the content differs, we overwrite it, since the key contains the right hash.
      const proof = await this.#prover.prove(key, content, signal, {});
      if (typeof proof === 'object') return proof;
      if (proof === 'absent' && this.#noteNotShown(key) < triesUnseen) {
        throw new ObjectError(`the store says that it has ${key}, and does not show it`);
      }
      this.#notShown.delete(key);
      log.warn('the bucket holds something else under a segment’s key; replaced', {
        camera: formatCameraName(segment),
        key,
      });
      overwrite = true;
    }
  }
}
