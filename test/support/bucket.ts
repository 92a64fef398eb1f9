import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { silentLog } from '../../src/lib/log.ts';
import type { BucketAccess } from '../../src/storage/access.ts';
import { createObjectStore, type ObjectStoreOptions } from '../../src/storage/object-store.ts';
import type { ChecksumKind } from '../../src/storage/proof.ts';
import { startCephServer } from '../stand-ins/s3-server-ceph.ts';
import { type S3Address, type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { sha256Of } from './segments.ts';

/** A server that the tests of the storage are run against, and what it leaves others to differ in. */
export interface S3Kind {
  readonly name: string;
  readonly start: (options: { readonly directory: string }) => Promise<S3Server>;
  /** What proves there that it holds a segment that went in one request. */
  readonly checksum: ChecksumKind;
  readonly knowsRegions: boolean;
  /** Whether keys can be replaced while it runs. */
  readonly rotatesKeys: boolean;
}

/** Two servers that share no code, and differ where the protocol leaves room. */
export const s3Kinds: readonly S3Kind[] = [
  {
    name: 'Swift',
    start: startS3Server,
    checksum: 'md5-etag',
    knowsRegions: true,
    rotatesKeys: false,
  },
  {
    name: 'Ceph',
    start: startCephServer,
    checksum: 'sha256',
    knowsRegions: false,
    rotatesKeys: true,
  },
];

let buckets = 0;

/** A bucket of its own for a test, seen directly and not as the code under test does. */
export class TestBucket implements Disposable {
  readonly name: string;
  readonly #address: S3Address;
  readonly #client: S3Client;

  constructor(address: S3Address, name = `footage-${(buckets += 1)}`) {
    this.name = name;
    this.#address = address;
    const { endpoint, region, accessKeyId, secretAccessKey } = address;
    this.#client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
  }

  /** @param withLock whether Object Lock can be used in it */
  static async create(address: S3Address, withLock = false): Promise<TestBucket> {
    const bucket = new TestBucket(address);
    await bucket.create(withLock);
    return bucket;
  }

  async create(withLock = false): Promise<void> {
    const lock = withLock ? { ObjectLockEnabledForBucket: true } : {};
    await this.#client.send(new CreateBucketCommand({ Bucket: this.name, ...lock }));
  }

  /** Deletes the bucket with all that it holds. */
  async destroy(): Promise<void> {
    for (const key of await this.keys()) await this.delete(key);
    await this.#client.send(new DeleteBucketCommand({ Bucket: this.name }));
  }

  /** What an object store needs to be told to use the bucket. */
  options(more: Partial<ObjectStoreOptions> = {}): ObjectStoreOptions {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.#address;
    return {
      bucket: this.name,
      endpoint,
      region,
      pathStyle: true,
      accessKeyId,
      secretAccessKey,
      log: silentLog,
      ...more,
    };
  }

  open(more: Partial<ObjectStoreOptions> = {}) {
    return createObjectStore(this.options(more));
  }

  async keys(): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.name, ContinuationToken: token }),
      );
      for (const { Key: key } of page.Contents ?? []) if (key !== undefined) keys.push(key);
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return keys;
  }

  /** Puts an object there, as somebody else would. */
  async put(key: string, body: Uint8Array): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: this.name, Key: key, Body: body }));
  }

  async get(key: string): Promise<Uint8Array> {
    const answer = await this.#client.send(new GetObjectCommand({ Bucket: this.name, Key: key }));
    return (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
  }

  async delete(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.name, Key: key }));
  }

  /** For parts of the object store alone. */
  access(): BucketAccess {
    return { client: this.#client, bucket: this.name, prefix: '' };
  }

  /** As an upload in parts begins. */
  async beginMultipart(key: string): Promise<void> {
    await this.#client.send(new CreateMultipartUploadCommand({ Bucket: this.name, Key: key }));
  }

  /** The keys of the uploads in parts that were begun and not ended. */
  async unfinished(): Promise<string[]> {
    const { Uploads: uploads = [] } = await this.#client.send(
      new ListMultipartUploadsCommand({ Bucket: this.name }),
    );
    return uploads.map(({ Key: key = '' }) => key).sort();
  }

  /** The SHA-256 of each object's content, by key. */
  async hashes(): Promise<Map<string, string>> {
    const hashes = new Map<string, string>();
    for (const key of await this.keys()) {
      const { Body: body } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.name, Key: key }),
      );
      hashes.set(key, sha256Of((await body?.transformToByteArray()) ?? new Uint8Array()));
    }
    return hashes;
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }
}
