import { createHash } from 'node:crypto';
import { constants, open } from 'node:fs/promises';
import { errorCode } from '../lib/errors.ts';
import type { Segment } from '../model/segment.ts';

/** A segment's file can't be uploaded as it is. */
export class LocalFileError extends Error {
  override name = 'LocalFileError';
  /** `damaged`: unreadable, or not what its name says. `gone`: not there. `busy`: try again. */
  readonly reason: 'damaged' | 'gone' | 'busy';

  constructor(reason: LocalFileError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** The content of a file. */
export interface Content {
  readonly bytes: number;
  readonly sha256: string;
  /** The ETag of a store that uses MD5: MD5 of the whole, or MD5 of the parts' MD5s and `-N`. */
  readonly md5Etag: string;
  /** The whole content; absent if it is larger than the limit. */
  readonly body?: Buffer;
}

/** Small, so that the event loop is free between two pieces: it also carries the video streams. */
const pieceBytes = 1024 * 1024;

/**
 * Reads a segment's file and compares its hash with its name, so that a file that rotted on our
 * disk is never stored as good.
 *
 * @param wholeBytes a larger file is not kept in memory, and its ETag is computed for parts of
 *   `partBytes` (a multiple of 1 MiB)
 * @throws LocalFileError
 */
export async function readContent(
  segment: Segment,
  wholeBytes: number,
  partBytes: number,
): Promise<Content> {
  let content: Content;
  try {
    content = await read(segment.path, wholeBytes, partBytes);
  } catch (error) {
    throw localFileError(error);
  }
  if (content.sha256 !== segment.sha256) {
    throw new LocalFileError(
      'damaged',
      `its SHA-256 is ${content.sha256}, not the one in its name: it was changed or the disk has lost bits`,
    );
  }
  return content;
}

async function read(path: string, wholeBytes: number, partBytes: number): Promise<Content> {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const { size } = await handle.stat();
  const whole = size <= wholeBytes;
  const buffer = Buffer.allocUnsafe(whole ? size : pieceBytes);
  const sha256 = createHash('sha256');
  const partDigests: Buffer[] = [];
  let md5 = createHash('md5');
  let bytes = 0;
  while (bytes < size) {
    const at = whole ? bytes : 0;
    const toRead = Math.min(pieceBytes, size - bytes, partBytes - (bytes % partBytes));
    const { bytesRead } = await handle.read(buffer, at, toRead, bytes);
    if (bytesRead === 0) break;
    const piece = buffer.subarray(at, at + bytesRead);
    sha256.update(piece);
    md5.update(piece);
    bytes += bytesRead;
    if (!whole && (bytes % partBytes === 0 || bytes === size)) {
      partDigests.push(md5.digest());
      md5 = createHash('md5');
    }
  }
  const digest = { bytes, sha256: sha256.digest('hex') };
  if (whole) return { ...digest, md5Etag: md5.digest('hex'), body: buffer.subarray(0, bytes) };
  const ofParts = createHash('md5').update(Buffer.concat(partDigests)).digest('hex');
  return { ...digest, md5Etag: `${ofParts}-${partDigests.length}` };
}

const gone = new Set(['ENOENT', 'ENOTDIR']);
const unreadable = new Set(['EIO', 'EACCES', 'EISDIR', 'ELOOP', 'EUCLEAN']);

function localFileError(error: unknown): LocalFileError {
  const code = errorCode(error) ?? '';
  const options = { cause: error };
  if (gone.has(code)) return new LocalFileError('gone', 'the file is not there any more', options);
  return unreadable.has(code)
    ? new LocalFileError('damaged', 'the file can not be read', options)
    : new LocalFileError('busy', 'the file can not be read now', options);
}
