import { createHash } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { BucketAccess, BucketReader } from './bucket-reader.ts';
import type { Content } from './content.ts';
import { base64, type Proof } from './proof.ts';

/** Where documents lie, beside the accounts: none can have that name. */
export const documentFolder = '_ledger/';

/** An object beside the documents with which it is tried whether the bucket can be used. */
export const probeName = 'probe';

/** A document past this is none of ours, and is not taken into memory. */
const maxBytes = 256 * 1024 * 1024;

/** Asks the store what it holds under a key. */
type Prove = (
  key: string,
  content: Content,
  signal: AbortSignal,
) => Promise<Proof | 'absent' | 'different'>;

/**
 * What the bucket holds beside segments: documents that are replaced as they change. Each method
 * rejects with an error of the store, or the signal's.
 */
export class Documents {
  readonly #access: BucketAccess;
  readonly #reader: BucketReader;
  readonly #prove: Prove;

  constructor(access: BucketAccess, reader: BucketReader, prove: Prove) {
    this.#access = access;
    this.#reader = reader;
    this.#prove = prove;
  }

  /**
   * Puts a document in the place of the one that had its name (`a/b.json`), and has the store confirm
   * its length and checksum.
   */
  async write(name: string, body: Buffer, signal: AbortSignal): Promise<void> {
    const key = this.#key(name);
    const md5Etag = createHash('md5').update(body).digest('hex');
    const sha256 = createHash('sha256').update(body).digest('hex');
    await this.#access.client.send(
      new PutObjectCommand({
        Bucket: this.#access.bucket,
        Key: key,
        Body: body,
        // Known to every store, unlike newer checksums: what arrives damaged is refused.
        ContentMD5: base64(md5Etag),
        ContentType: name.endsWith('.json') ? 'application/json' : 'application/x-ndjson',
      }),
      { abortSignal: signal },
    );
    const proof = await this.#prove(key, { bytes: body.length, sha256, md5Etag, body }, signal);
    if (typeof proof !== 'object') {
      throw new Error(`the store took ${key} and then held ${proof} under that name`);
    }
  }

  /** The names of all documents. */
  async names(signal: AbortSignal): Promise<string[]> {
    const names: string[] = [];
    for await (const page of this.#reader.pages(documentFolder, { signal })) {
      for (const { key } of page) names.push(key.slice(this.#key('').length));
    }
    return names.filter((name) => name !== probeName);
  }

  /** What a document holds; undefined if there is none, or it is too large to be one. */
  async read(name: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    const body = await this.#reader.open(this.#key(name), signal);
    if (body === undefined) return undefined;
    for await (const piece of body) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > maxBytes) return undefined;
    }
    return Buffer.concat(pieces);
  }

  #key(name: string): string {
    return this.#access.prefix + documentFolder + name;
  }
}
