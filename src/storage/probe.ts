import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { within } from '../lib/until.ts';
import { createClient } from './client.ts';
import { ReplaceableCredentials } from './credentials.ts';
import { documentFolder, probeName } from './documents.ts';
import { type BucketPlace, explainStoreError } from './explain.ts';

export interface ProbeOptions extends BucketPlace {
  readonly secretAccessKey: string;
  readonly pathStyle: boolean;
  /** What all keys begin with; empty, or ends with `/`. */
  readonly prefix: string;
  readonly log: Log;
}

/** The result of trying one operation on the bucket. */
export interface ProbeStep {
  readonly right: 'put' | 'head' | 'get' | 'list' | 'delete';
  /** Why the operation fails, in plain words; absent if it works. */
  readonly problem?: string;
}

const stepMs = 15_000;
/** Always the same, so that parallel probes agree, and only one stays where we may not delete. */
const body = Buffer.from('Sapiengraph CCTV tries whether it can use this bucket.\n');

/**
 * Tries every operation that we need, with a small test object, and stops at the first that fails.
 * Deletion comes last: an access key that may not delete will do, and leaves the object there.
 */
export async function probeBucket(
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<readonly ProbeStep[]> {
  const { bucket: Bucket, prefix, log } = options;
  const client = createClient({
    ...options,
    credentials: new ReplaceableCredentials(options, undefined, log),
    connections: 1,
    stallMs: stepMs,
  });
  const Key = `${prefix}${documentFolder}${probeName}`;
  const tries: readonly [ProbeStep['right'], (abortSignal: AbortSignal) => Promise<unknown>][] = [
    [
      'put',
      (abortSignal) =>
        client.send(new PutObjectCommand({ Bucket, Key, Body: body }), { abortSignal }),
    ],
    [
      'head',
      async (abortSignal) => {
        const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key }), {
          abortSignal,
        });
        if (ContentLength !== body.length) throw differs(Key);
      },
    ],
    [
      'get',
      async (abortSignal) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }), { abortSignal });
        if (!body.equals(await buffer(Body as Readable))) throw differs(Key);
      },
    ],
    [
      'list',
      (abortSignal) =>
        client.send(new ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1 }), { abortSignal }),
    ],
    [
      'delete',
      (abortSignal) => client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal }),
    ],
  ];
  const steps: ProbeStep[] = [];
  try {
    for (const [right, attempt] of tries) {
      try {
        await within(stepMs, 'an answer of the store', signal, attempt);
        steps.push({ right });
      } catch (error) {
        if (signal.aborted) throw error;
        const problem =
          error instanceof OperatorError ? error.message : explainStoreError(error, options);
        steps.push({ right, problem });
        return steps;
      }
    }
    return steps;
  } finally {
    client.destroy();
  }
}

const differs = (key: string): OperatorError =>
  new OperatorError(`The store took ${key} and holds something else under that name.`);
