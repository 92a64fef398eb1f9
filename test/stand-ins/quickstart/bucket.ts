import {
  CreateBucketCommand,
  HeadBucketCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Clock } from '../../../src/lib/clock.ts';
import type { S3Address } from '../s3-server.ts';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

/** Looks into a bucket from outside, as any S3 client could. */
export class Bucket {
  readonly name: string;
  readonly #client: S3Client;
  readonly #seen = new Set<string>();

  constructor(name: string, { endpoint, region, accessKeyId, secretAccessKey }: S3Address) {
    this.name = name;
    this.#client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
  }

  async createIfAbsent(): Promise<void> {
    const Bucket = this.name;
    try {
      await this.#client.send(new HeadBucketCommand({ Bucket }));
    } catch {
      await this.#client.send(new CreateBucketCommand({ Bucket }));
    }
  }

  /** The objects that were not there at the last call. */
  async news(): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    for await (const page of paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.name },
    )) {
      for (const { Key: key = '', Size: bytes = 0 } of page.Contents ?? []) {
        if (this.#seen.has(key)) continue;
        this.#seen.add(key);
        found.push({ key, bytes });
      }
    }
    return found;
  }

  /** Reports each new object, until `signal` aborts. */
  async watch(
    onObject: (object: StoredObject) => void,
    everyMs: number,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      for (const object of await this.news()) onObject(object);
      await clock.sleep(everyMs, signal);
    }
  }
}
