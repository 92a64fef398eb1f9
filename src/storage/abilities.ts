import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketCorsCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { Log } from '../lib/log.ts';
import { within } from '../lib/until.ts';
import type { BucketAccess } from './access.ts';
import type { Features } from './features.ts';
import { httpStatus } from './http-status.ts';
import { bucketRules, type LifecycleRule } from './lifecycle.ts';
import { makeProbe, probeKey, putProbe } from './probe.ts';
import { base64, type ChecksumKind } from './proof.ts';
import { Prover } from './prover.ts';
import { Sample } from './sample.ts';

/** `ignored`: the store says yes and does something else. `hidden`: our key may not ask. */
export type Ability = 'yes' | 'no' | 'ignored' | 'hidden' | 'unknown';

/** What a store can do, beside what is needed. */
export interface Abilities {
  /** How it confirms what it holds. */
  readonly proof: ChecksumKind | 'none';
  /** Whether it takes `x-amz-checksum-sha256`. */
  readonly checksums: Ability;
  /** Whether it refuses a body that is not what its hash says. */
  readonly refusesDamaged: Ability;
  readonly ifNoneMatch: Ability;
  readonly ifMatch: Ability;
  readonly multipart: Ability;
  readonly versioning: Ability;
  readonly objectLock: Ability;
  readonly cors: Ability;
  /** The rules by which the store deletes or moves objects; undefined if our key may not read them. */
  readonly lifecycle: readonly LifecycleRule[] | undefined;
}

export interface AbilityOptions extends BucketAccess {
  readonly features: Features;
  readonly log: Log;
  /** Timeout of one question; 10 s unless given. */
  readonly stepMs?: number | undefined;
}

/**
 * Tries what the store can do, with the small test object. The bucket must be usable.
 *
 * @throws an error of the store where it can't be asked at all; the signal's reason
 */
export async function findAbilities(
  options: AbilityOptions,
  signal: AbortSignal,
): Promise<Abilities> {
  const { client, bucket: Bucket, prefix, features, stepMs = 10_000 } = options;
  // Reads nothing back as a sample, so as to see what the store itself confirms.
  const prover = new Prover({ ...options, sample: new Sample(undefined) });
  const Key = probeKey(prefix);
  const body = makeProbe();
  const md5Etag = createHash('md5').update(body).digest('hex');
  const sha256 = createHash('sha256').update(body).digest('hex');
  const step = <T>(task: (signal: AbortSignal) => Promise<T>) =>
    within(stepMs, 'an answer of the store', signal, task);
  const ability = (task: (signal: AbortSignal) => Promise<Ability>) =>
    step(task).catch((error: unknown) => {
      signal.throwIfAborted();
      return withoutAbility(error);
    });
  const damaged = createHash('sha256').update('something else').digest();
  const answer = await step((abortSignal) => putProbe(options, body, abortSignal));
  const proof = await step((abortSignal) =>
    prover.prove(Key, { bytes: body.length, sha256, md5Etag, body }, abortSignal, answer),
  );
  const found: Abilities = {
    proof: typeof proof === 'object' ? proof.checksum : 'none',
    checksums: features.has('checksum') ? 'yes' : 'no',
    refusesDamaged: await ability(async (abortSignal) => {
      const wrong = { ContentMD5: base64(createHash('md5').update('else').digest('hex')) };
      const hash = features.has('checksum')
        ? { ChecksumAlgorithm: 'SHA256' as const, ChecksumSHA256: damaged.toString('base64') }
        : wrong;
      return await refuses(
        () =>
          client.send(new PutObjectCommand({ Bucket, Key, Body: body, ...hash }), { abortSignal }),
        [400, 422],
      );
    }),
    ifNoneMatch: await ability((abortSignal) =>
      refuses(
        () =>
          client.send(new PutObjectCommand({ Bucket, Key, Body: body, IfNoneMatch: '*' }), {
            abortSignal,
          }),
        [412],
      ),
    ),
    ifMatch: await ability((abortSignal) =>
      refuses(
        () =>
          client.send(
            new PutObjectCommand({ Bucket, Key, Body: body, IfMatch: `"${'0'.repeat(32)}"` }),
            { abortSignal },
          ),
        [412],
      ),
    ),
    multipart: await ability(async (abortSignal) => {
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }), {
        abortSignal,
      });
      if (UploadId === undefined) return 'ignored';
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), {
        abortSignal,
      });
      return 'yes';
    }),
    versioning: await ability(async (abortSignal) => {
      const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket }), {
        abortSignal,
      });
      return Status === 'Enabled' ? 'yes' : 'no';
    }),
    objectLock: await ability(async (abortSignal) => {
      const command = new GetObjectLockConfigurationCommand({ Bucket });
      const { ObjectLockConfiguration: lock } = await client.send(command, { abortSignal });
      return lock?.ObjectLockEnabled === 'Enabled' ? 'yes' : 'no';
    }),
    cors: await ability(async (abortSignal) => {
      const command = new GetBucketCorsCommand({ Bucket });
      const { CORSRules: rules = [] } = await client.send(command, { abortSignal });
      return rules.length > 0 ? 'yes' : 'no';
    }),
    lifecycle: await step((abortSignal) => bucketRules(options, abortSignal)),
  };
  await ability((abortSignal) =>
    client
      .send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal })
      .then(() => 'yes' as const),
  );
  return found;
}

/** Whether a request is refused with one of the statuses, as it should be. */
async function refuses(
  request: () => Promise<unknown>,
  statuses: readonly number[],
): Promise<Ability> {
  try {
    await request();
    return 'ignored';
  } catch (error) {
    if (statuses.includes(httpStatus(error) ?? 0)) return 'yes';
    throw error;
  }
}

function withoutAbility(error: unknown): Ability {
  const status = httpStatus(error);
  if (status === 401 || status === 403) return 'hidden';
  return status !== undefined && status < 500 ? 'no' : status === 501 ? 'no' : 'unknown';
}
