import { createHash } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { BucketAccess } from './access.ts';
import type { BucketReader } from './bucket-reader.ts';
import type { Content } from './content.ts';
import { base64, type Proof, type PutAnswer } from './proof.ts';

/** The folder of documents, beside the accounts' folders: no account can have that name. */
export const documentFolder = '_ledger/';

/** A test object beside the documents, to find out whether the bucket can be used. */
export const probeName = 'probe';

/** Ours are smaller; larger documents are not read into memory. */
const maxBytes = 256 * 1024 * 1024;

/** Asks the store what it holds under a key. */
type Prove = (
  key: string,
  content: Content,
  signal: AbortSignal,
  put?: PutAnswer,
) => Promise<Proof | 'absent' | 'different'>;

/**
 * The bucket's documents: objects that are not segments and are overwritten when they change. Each
 * method rejects with an error of the store, or the signal's.
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
   * Writes or overwrites the document `name` (`a/b.json`), and has the store confirm its length and
   * checksum.
   */
  async write(name: string, body: Buffer, signal: AbortSignal): Promise<void> {
    const key = this.#key(name);
    const md5Etag = createHash('md5').update(body).digest('hex');
    const sha256 = createHash('sha256').update(body).digest('hex');
    const { ETag: etag } = await this.#access.client.send(
      new PutObjectCommand({
        Bucket: this.#access.bucket,
        Key: key,
        Body: body,
        // Makes the store refuse a damaged body. Every store knows it, unlike newer checksums.
        ContentMD5: base64(md5Etag),
        ContentType: name.endsWith('.json') ? 'application/json' : 'application/x-ndjson',
      }),
      { abortSignal: signal },
    );
    const content = { bytes: body.length, sha256, md5Etag, body };
    const proof = await this.#prove(key, content, signal, { etag });
    if (typeof proof !== 'object') {
      throw new Error(`the store took ${key} and then held ${proof} under that name`);
    }
  }

  async names(signal: AbortSignal): Promise<string[]> {
    const names: string[] = [];
    for await (const page of this.#reader.pages(documentFolder, { signal })) {
      for (const { key } of page) names.push(key.slice(this.#key('').length));
    }
    return names.filter((name) => name !== probeName);
  }

  /** A document's content; undefined if there is none, or it is too large to be ours. */
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
