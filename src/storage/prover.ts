import { createHash } from 'node:crypto';
import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { boundedBody, LongerAnswerError } from './answer-bounds.ts';
import type { BucketAccess } from './access.ts';
import type { Content } from './content.ts';
import { type Features, mayBeChecksumMode } from './features.ts';
import { httpStatus } from './http-status.ts';
import { judge, type Proof, type PutAnswer, sameEtag } from './proof.ts';
import type { Sample } from './sample.ts';

export interface ProverOptions extends BucketAccess {
  readonly features: Features;
  readonly sample: Sample;
  readonly log: Log;
  /** How long the store may take to show what it took; 20 s unless given. */
  readonly patienceMs?: number;
}

const firstWaitMs = 200;

/** Finds out from the store what it holds. Each method rejects with an error of the store, or the signal's. */
export class Prover {
  readonly #options: ProverOptions;
  #saidReadBack = false;

  constructor(options: ProverOptions) {
    this.#options = options;
  }

  /**
   * Proves that the store holds `content` under `key`.
   *
   * @param put what the store answered when it took the content just now. Some stores show an object
   *   only seconds later, so it is asked for again with patience.
   */
  async prove(
    key: string,
    content: Content,
    signal: AbortSignal,
    put?: PutAnswer,
  ): Promise<Proof | 'absent' | 'different'> {
    const head = await (put === undefined
      ? this.head(key, signal)
      : this.#seen(key, content, put, signal));
    if (head === undefined) return 'absent';
    let verdict = judge(head, content, put);
    if (verdict === 'unknown') {
      this.#sayReadBack(key);
      verdict = (await this.#readBack(key, content, signal)) ? 'read-back' : 'different';
    } else if (verdict !== 'different' && put !== undefined) {
      verdict = await this.#sampled(verdict, key, content, signal);
    }
    if (verdict === 'different') return verdict;
    const { bytes, sha256 } = content;
    return { key, bytes, sha256, checksum: verdict, etag: head.ETag ?? '' };
  }

  /** What the store says of an object; undefined if it has none. */
  async head(key: string, signal: AbortSignal): Promise<HeadObjectCommandOutput | undefined> {
    const { client, bucket: Bucket, features } = this.#options;
    const ask = (mode: boolean) =>
      client
        .send(
          new HeadObjectCommand({ Bucket, Key: key, ...(mode ? { ChecksumMode: 'ENABLED' } : {}) }),
          { abortSignal: signal },
        )
        .catch((error: unknown) => {
          if (httpStatus(error) !== 404) throw error;
          return undefined;
        });
    const mode = features.has('checksumMode');
    try {
      return await ask(mode);
    } catch (error) {
      if (!mode || !mayBeChecksumMode(error)) throw error;
      const head = await ask(false);
      features.lacks('checksumMode');
      return head;
    }
  }

  /** Asks until the store shows what it has just taken, or patience ends. */
  async #seen(
    key: string,
    content: Content,
    put: PutAnswer,
    signal: AbortSignal,
  ): Promise<HeadObjectCommandOutput | undefined> {
    const { patienceMs = 20_000 } = this.#options;
    const untilMs = systemClock.now() + patienceMs;
    for (let waitMs = firstWaitMs; ; waitMs *= 1.5) {
      const head = await this.head(key, signal);
      // Something else, with another ETag than that of the answer: still what lay there before.
      const isOld =
        head !== undefined &&
        put.etag !== undefined &&
        !sameEtag(head.ETag, put.etag) &&
        judge(head, content, put) === 'different';
      if ((head !== undefined && !isOld) || systemClock.now() + waitMs > untilMs) return head;
      await systemClock.sleep(waitMs * (0.75 + Math.random() / 2), signal);
      signal.throwIfAborted();
    }
  }

  /** Reads a sample back. A store that won't be read now is no liar. */
  async #sampled<T>(verdict: T, key: string, content: Content, signal: AbortSignal) {
    const { sample, log } = this.#options;
    if (!sample.isDue()) return verdict;
    let isRight: boolean;
    try {
      isRight = await this.#readBack(key, content, signal);
    } catch (error) {
      signal.throwIfAborted();
      log.debug('a stored segment could not be read back', { key, cause: describeError(error) });
      return verdict;
    }
    sample.note(isRight ? 'right' : 'wrong');
    if (isRight) return 'read-back' as const;
    log.error(
      'the store confirms what it does not hold: each segment is read back before it is deleted here',
      { key },
    );
    return 'different' as const;
  }

  async #readBack(key: string, content: Content, signal: AbortSignal): Promise<boolean> {
    const { client, bucket: Bucket } = this.#options;
    const { Body: body } = await client.send(new GetObjectCommand({ Bucket, Key: key }), {
      abortSignal: signal,
    });
    const hash = createHash('sha256');
    try {
      for await (const chunk of boundedBody(body, content.bytes)) hash.update(chunk);
    } catch (error) {
      if (error instanceof LongerAnswerError) return false;
      throw error;
    }
    return hash.digest('hex') === content.sha256;
  }

  #sayReadBack(key: string): void {
    if (this.#saidReadBack) return;
    this.#saidReadBack = true;
    this.#options.log.info(
      'the store confirms neither SHA-256 nor MD5 of what it holds: segments are read back',
      { key },
    );
  }
}
