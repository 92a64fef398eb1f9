import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { Content } from './content.ts';

/** How a store convinced us that it holds a segment's content. */
export type ChecksumKind = 'sha256' | 'md5-etag' | 'read-back';

/** That the bucket holds a segment, whole and right. */
export interface Proof {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly checksum: ChecksumKind;
  readonly etag: string;
}

/**
 * What the store's answer to HEAD says of the content it holds. The strongest is the SHA-256 that it
 * computed and kept: it is the one in the segment's name. Next is an ETag equal to the content's MD5:
 * accidents don't produce that, and the store made it of what reached it.
 *
 * The rest is no proof, and `unknown`: the length alone; the metadata, which is only our own words
 * repeated; that PUT succeeded, since a server may ignore the checksums that it is sent (some do, and
 * some store the framing of a chunked body as if it were content). An ETag that differs says nothing
 * either, for with some kinds of encryption it is no MD5. Then the object is read back and hashed.
 */
export function judge(
  head: Pick<HeadObjectCommandOutput, 'ContentLength' | 'ChecksumSHA256' | 'ETag'>,
  content: Content,
): ChecksumKind | 'unknown' | 'different' {
  if (head.ContentLength !== content.bytes) return 'different';
  const checksum = head.ChecksumSHA256;
  // With `-N` it is a checksum of the checksums of parts.
  if (checksum !== undefined && !checksum.includes('-')) {
    return checksum === base64(content.sha256) ? 'sha256' : 'different';
  }
  return head.ETag?.replaceAll('"', '').toLowerCase() === content.md5Etag ? 'md5-etag' : 'unknown';
}

/** As S3 writes a checksum. */
export const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
