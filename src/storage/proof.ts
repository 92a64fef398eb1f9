import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Content } from './content.ts';

/** How we know that a store holds a segment's content. */
export type ChecksumKind = 'sha256' | 'md5-etag' | 'read-back';

/** Evidence that the bucket holds a segment, whole and unchanged. */
export interface Proof {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly checksum: ChecksumKind;
  readonly etag: string;
}

/** What a store said of the content when it took it. */
export interface PutAnswer {
  readonly etag?: string | undefined;
  /** In base64, as S3 writes it. */
  readonly sha256?: string | undefined;
}

/**
 * What the store's response to HEAD proves about the content it holds. The strongest proof is a
 * SHA-256 that the store computed and that equals the one in the segment's name. Next is an ETag
 * equal to the content's MD5: the store computed it from what it received, and no accident makes
 * them equal.
 *
 * A SHA-256 in the answer to the PUT counts if HEAD has the same ETag and no SHA-256 of its own.
 *
 * All else is `unknown`: the length; the metadata, which only repeats what we sent; a successful
 * PUT, since some servers ignore the checksums sent to them, and some store the framing of a
 * chunked body as content. A different ETag proves nothing either, since with some kinds of
 * encryption it is no MD5. On `unknown`, the caller reads the object back and hashes it.
 */
export function judge(
  head: Pick<HeadObjectCommandOutput, 'ContentLength' | 'ChecksumSHA256' | 'ETag'>,
  content: Content,
  put: PutAnswer = {},
): ChecksumKind | 'unknown' | 'different' {
  if (head.ContentLength !== content.bytes) return 'different';
  const answered = sameEtag(head.ETag, put.etag) ? put.sha256 : undefined;
  const checksum = head.ChecksumSHA256 ?? answered;
  // With `-N` it is a checksum of the parts' checksums.
  if (checksum !== undefined && !checksum.includes('-')) {
    return checksum === base64(content.sha256) ? 'sha256' : 'different';
  }
  return sameEtag(head.ETag, content.md5Etag) ? 'md5-etag' : 'unknown';
}

/** Whether two ETags are the same, with or without quotes. */
export const sameEtag = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && plainEtag(one) === plainEtag(other);

const plainEtag = (etag: string): string => etag.replaceAll('"', '').toLowerCase();

/** A checksum as S3 writes it. */
export const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
