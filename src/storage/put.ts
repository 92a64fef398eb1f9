import type { Readable } from 'node:stream';
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { abortable } from './client.ts';
import type { Features } from './features.ts';
import { httpStatus } from './http-status.ts';
import { base64, type PutAnswer } from './proof.ts';

/** An object up to this size is one request. Larger ones are sent in parts: rare, and slower. */
export const singlePutBytes = 64 * 1024 * 1024;
export const partBytes = 16 * 1024 * 1024;

export interface PutRequest {
  readonly bucket: string;
  readonly key: string;
  /** A stream is sent in parts. */
  readonly body: Buffer | Readable;
  /** In hexadecimal. */
  readonly sha256: string;
  /** Of a body that is no stream, in hexadecimal. */
  readonly md5: string;
  readonly contentType: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Whether an object that is there already is to be left alone. */
  readonly keepExisting: boolean;
}

/**
 * Sends an object, with those optional features that the store is not known to lack.
 *
 * @returns the store's answer; `exists` if there is an object already; `learned` if the store refused
 *   a feature, so that the object should be sent again
 * @throws an error of the store, or the signal's
 */
export async function attemptPut(
  client: S3Client,
  features: Features,
  request: PutRequest,
  signal: AbortSignal,
): Promise<PutAnswer | 'exists' | 'learned'> {
  const { body } = request;
  const isWhole = Buffer.isBuffer(body);
  const sent = {
    conditionalPut: request.keepExisting && features.has('conditionalPut'),
    // Not for parts: there it would be a checksum of checksums, not the file's hash.
    checksum: isWhole && features.has('checksum'),
  };
  // The store checks the body against the SHA-256 and keeps it for HEAD. A store that doesn't take it
  // checks against the MD5, which every store knows, and which Object Lock asks for.
  const md5 = isWhole ? { ContentMD5: base64(request.md5) } : {};
  const params: PutObjectCommandInput = {
    Bucket: request.bucket,
    Key: request.key,
    Body: body,
    ContentType: request.contentType,
    Metadata: request.metadata,
    ...(sent.checksum
      ? { ChecksumAlgorithm: 'SHA256' as const, ChecksumSHA256: base64(request.sha256) }
      : md5),
    ...(sent.conditionalPut ? { IfNoneMatch: '*' } : {}),
  };
  try {
    const { ETag: etag, ChecksumSHA256: sha256 } = await new Upload({
      client: abortable(client, signal),
      params,
      partSize: isWhole ? singlePutBytes : partBytes,
      queueSize: isWhole ? 1 : 2,
    }).done();
    features.worked(sent);
    return { etag, sha256 };
  } catch (error) {
    if (httpStatus(error) === 412 && sent.conditionalPut) return 'exists';
    if (!signal.aborted && features.refused(error, sent)) return 'learned';
    throw error;
  } finally {
    if (!isWhole) body.destroy();
  }
}
