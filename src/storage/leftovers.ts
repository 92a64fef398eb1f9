import { AbortMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { BucketAccess } from './bucket-reader.ts';
import { httpStatus } from './explain.ts';
import { parseSegmentKey } from './key.ts';

/** A multipart upload that was begun and neither completed nor aborted. Its parts cost, and no listing shows them. */
export interface UnfinishedUpload {
  readonly key: string;
  readonly uploadId: string;
  /** By the store's clock, in ms since 1970 UTC. */
  readonly begunMs: number;
}

/** What uploads of segments leave behind when they are killed. Methods reject with an error of the store, or the signal's. */
export class Leftovers {
  readonly #access: BucketAccess;
  readonly #pageSize: number;

  /** @param pageSize how many are listed with one request, at most */
  constructor(access: BucketAccess, pageSize = 1_000) {
    this.#access = access;
    this.#pageSize = pageSize;
  }

  /** The unfinished uploads of segments, those under way included; keys that are not ours are left out. */
  async *list(signal: AbortSignal): AsyncGenerator<UnfinishedUpload> {
    const { client, bucket, prefix } = this.#access;
    let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    for (;;) {
      const page = await client.send(
        new ListMultipartUploadsCommand({
          Bucket: bucket,
          Prefix: prefix,
          MaxUploads: this.#pageSize,
          ...after,
        }),
        { abortSignal: signal },
      );
      for (const { Key: key = '', UploadId: uploadId = '', Initiated: begun } of page.Uploads ??
        []) {
        if (begun === undefined || parseSegmentKey(prefix, key) === undefined) continue;
        yield { key, uploadId, begunMs: begun.getTime() };
      }
      const { NextKeyMarker: key, NextUploadIdMarker: uploadId } = page;
      // One that names no place to go on from would be asked for its first page for ever.
      if (page.IsTruncated !== true || !key) return;
      if (key === after.KeyMarker && uploadId === after.UploadIdMarker) return;
      after = { KeyMarker: key, UploadIdMarker: uploadId };
    }
  }

  /** Frees what an unfinished upload holds. That it is gone already is as good. */
  async abort({ key, uploadId }: UnfinishedUpload, signal: AbortSignal): Promise<void> {
    const { client, bucket } = this.#access;
    try {
      await client.send(
        new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }),
        { abortSignal: signal },
      );
    } catch (error) {
      if (httpStatus(error) !== 404) throw error;
    }
  }
}
