import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { OperatorError } from '../lib/errors.ts';
import { TimeoutError, within } from '../lib/until.ts';
import { boundedBody, LongerAnswerError, UploadStalledError } from './answer-bounds.ts';
import type { BucketAccess } from './access.ts';
import { documentFolder, probeName } from './documents.ts';
import type { Features } from './features.ts';
import { httpStatus } from './http-status.ts';
import { isListing } from './listing.ts';
import type { PutAnswer } from './proof.ts';
import { attemptPut } from './put.ts';

export interface ProbeOptions extends BucketAccess {
  readonly features: Features;
  /** What an error of the store means, in plain words. */
  readonly explain: (error: unknown) => string;
  /** Timeout of one step; 15 s unless given. */
  readonly stepMs?: number | undefined;
}

/** The result of trying one operation on the bucket. */
export interface ProbeStep {
  readonly right: 'put' | 'head' | 'get' | 'list' | 'delete';
  /** Why the operation fails, in plain words; absent if it works. */
  readonly problem?: string;
}

const words = 'Sapiengraph CCTV tries whether it can use this bucket.';

const defaultStepMs = 15_000;

/** A store may show an object this late: 10 s. */
const lateTries = 20;
const lateMs = 500;

/** Another daemon or command that probes at the same time overwrites the object. */
const tries = 4;

/** The key of the test object. */
export const probeKey = (prefix: string): string => `${prefix}${documentFolder}${probeName}`;

/**
 * As no probe before, so that what lies there from earlier is not taken for what was put now. It fills
 * several packets, since some paths let only small ones through.
 */
export const makeProbe = (): Buffer => Buffer.from(`${words} ${randomUUID()}\n`.padEnd(8_000));

/**
 * Tries every operation that we need, as uploads use it, with a small test object that goes there and
 * back. Stops at the first that fails. Deletion comes last: an access key that may not delete will do,
 * and leaves the object there.
 */
export async function tryBucket(
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<readonly ProbeStep[]> {
  const { client, bucket: Bucket, prefix, stepMs = defaultStepMs, explain } = options;
  const Key = probeKey(prefix);
  const roundTrip = new RoundTrip(options);
  const attempts: readonly [ProbeStep['right'], (abortSignal: AbortSignal) => Promise<unknown>][] =
    [
      ['put', (abortSignal) => roundTrip.put(abortSignal)],
      ['head', (abortSignal) => roundTrip.head(abortSignal)],
      ['get', (abortSignal) => roundTrip.get(abortSignal)],
      ['list', (abortSignal) => list(options, abortSignal)],
      [
        'delete',
        (abortSignal) => client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal }),
      ],
    ];
  const steps: ProbeStep[] = [];
  for (const [right, attempt] of attempts) {
    try {
      await within(stepMs, 'an answer of the store', signal, attempt);
      steps.push({ right });
    } catch (error) {
      if (signal.aborted) throw error;
      const problem = error instanceof OperatorError ? error.message : explain(error);
      const isLate = error instanceof TimeoutError || error instanceof UploadStalledError;
      const isSwallowed = right === 'put' && isLate && (await canList(options, signal));
      steps.push({ right, problem: isSwallowed ? `${problem} ${swallowed}` : problem });
      return steps;
    }
  }
  return steps;
}

async function list({ client, bucket, prefix }: ProbeOptions, abortSignal: AbortSignal) {
  const input = { Bucket: bucket, Prefix: probeKey(prefix), MaxKeys: 1 };
  const answer = await client.send(new ListObjectsV2Command(input), { abortSignal });
  if (!isListing(answer)) throw notS3('a listing');
}

/** Whether a request that fits into one packet is answered. */
const canList = (options: ProbeOptions, signal: AbortSignal): Promise<boolean> =>
  within(options.stepMs ?? defaultStepMs, 'a listing', signal, (inner) =>
    list(options, inner),
  ).then(
    () => true,
    () => false,
  );

const swallowed =
  'Small requests are answered, and large ones get lost: something on the way swallows large packets (a tunnel or VPN). Lower the MTU, as with: ip link set dev eth0 mtu 1400';

/** Puts the test object as uploads put segments. @returns what the store answered */
export async function putProbe(
  { client, features, bucket, prefix }: BucketAccess & { readonly features: Features },
  body: Buffer,
  signal: AbortSignal,
): Promise<PutAnswer> {
  const hash = (kind: string) => createHash(kind).update(body).digest('hex');
  const put = {
    bucket,
    key: probeKey(prefix),
    body,
    sha256: hash('sha256'),
    md5: hash('md5'),
    contentType: 'text/plain',
    keepExisting: false,
  };
  for (;;) {
    const answer = await attemptPut(client, features, put, signal);
    if (typeof answer === 'object') return answer;
  }
}

/** One small object that is put, asked for and read. */
class RoundTrip {
  readonly #options: ProbeOptions;
  #body = makeProbe();

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  async put(signal: AbortSignal): Promise<void> {
    await putProbe(this.#options, this.#body, signal);
  }

  async head(abortSignal: AbortSignal): Promise<void> {
    const { client, bucket, prefix } = this.#options;
    const command = new HeadObjectCommand({ Bucket: bucket, Key: probeKey(prefix) });
    const { ContentLength } = await shown(() => client.send(command, { abortSignal }), abortSignal);
    if (ContentLength !== this.#body.length) throw notS3('the object that it took');
  }

  async get(signal: AbortSignal): Promise<void> {
    for (let left = tries; left > 0; left -= 1) {
      const found = await this.#read(signal);
      if (found?.equals(this.#body) === true) return;
      if (found?.toString().startsWith(words) !== true) break;
      this.#body = makeProbe();
      await this.put(signal);
    }
    throw notS3('the object that it took');
  }

  /** The object that is there; undefined if it is longer than ours. */
  async #read(abortSignal: AbortSignal): Promise<Buffer | undefined> {
    const { client, bucket, prefix } = this.#options;
    const command = new GetObjectCommand({ Bucket: bucket, Key: probeKey(prefix) });
    const { Body: body } = await shown(() => client.send(command, { abortSignal }), abortSignal);
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of boundedBody(body, this.#body.length)) pieces.push(piece);
    } catch (error) {
      if (error instanceof LongerAnswerError) return undefined;
      throw error;
    }
    return Buffer.concat(pieces);
  }
}

/** Asks again for a while, as uploads do: some stores show an object seconds after they took it. */
async function shown<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let left = lateTries; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      if (httpStatus(error) !== 404 || left === 0) throw error;
      await delay(lateMs, undefined, { signal });
    }
  }
}

const notS3 = (wanted: string): OperatorError =>
  new OperatorError(
    `The store said yes, and then gave back something else than ${wanted}. Is the endpoint that of an S3 store, and not of a web page or a proxy?`,
  );
