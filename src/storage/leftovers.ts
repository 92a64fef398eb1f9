import { AbortMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { BucketAccess } from './access.ts';
import { httpStatus } from './http-status.ts';
import { parseSegmentKey } from './key.ts';
import { ListingError } from './object-error.ts';

/** A multipart upload neither completed nor aborted. Its parts cost money, but aren't listed. */
export interface UnfinishedUpload {
  readonly key: string;
  readonly uploadId: string;
  /** By the store's clock, in ms since 1970 UTC. */
  readonly begunMs: number;
}

/** What killed uploads leave behind. Methods reject with an error of the store, or the signal's. */
export class Leftovers {
  readonly #access: BucketAccess;
  readonly #pageSize: number;

  /** @param pageSize most uploads to list with one request */
  constructor(access: BucketAccess, pageSize = 1_000) {
    this.#access = access;
    this.#pageSize = pageSize;
  }

  /** The unfinished uploads of segments, including those under way. Foreign keys are left out. */
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
      const { Uploads: uploads = [] } = page;
      for (const { Key: key = '', UploadId: uploadId = '', Initiated: begun } of uploads) {
        if (begun === undefined || parseSegmentKey(prefix, key) === undefined) continue;
        yield { key, uploadId, begunMs: begun.getTime() };
      }
      if (page.IsTruncated !== true) return;
      // Where the store doesn't say how to go on, the last upload of the page does.
      const KeyMarker = page.NextKeyMarker || uploads.at(-1)?.Key;
      const UploadIdMarker = page.NextKeyMarker
        ? page.NextUploadIdMarker
        : uploads.at(-1)?.UploadId;
      if (
        !KeyMarker ||
        (KeyMarker === after.KeyMarker && UploadIdMarker === after.UploadIdMarker)
      ) {
        throw new ListingError(
          'the listing of unfinished uploads can not be trusted: there is more and no way to go on',
        );
      }
      after = { KeyMarker, UploadIdMarker };
    }
  }

  /** Frees the space of an unfinished upload. Idempotent. */
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
