import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule as S3Rule,
} from '@aws-sdk/client-s3';
import type { BucketAccess } from './access.ts';
import { httpStatus } from './http-status.ts';

/** What a rule of the bucket does to objects of ours. */
export interface LifecycleRule {
  readonly name: string;
  /** Which keys it holds for. */
  readonly prefix: string;
  /** Whether it holds only for some of these keys, by tags or size. */
  readonly isPartial: boolean;
  /** When objects are deleted: after so many days, or at a date. */
  readonly deletes?: string | undefined;
  /** From which age on, where that is how it is told. */
  readonly deletesAfterDays?: number | undefined;
  /** Where objects can't be read at once any more: a storage class, and when. */
  readonly archives?: string | undefined;
}

/** Reading an object in these classes takes hours. */
const archiveClasses = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/**
 * The enabled rules of the bucket that delete objects of ours or make them unreadable. Undefined if
 * our key may not read the rules.
 *
 * @throws an error of the store, or the signal's
 */
export async function bucketRules(
  { client, bucket, prefix }: Pick<BucketAccess, 'client' | 'bucket' | 'prefix'>,
  abortSignal: AbortSignal,
): Promise<readonly LifecycleRule[] | undefined> {
  try {
    const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket });
    const { Rules: rules = [] } = await client.send(command, { abortSignal });
    return rules.flatMap((rule) => ofOurs(rule, prefix));
  } catch (error) {
    const status = httpStatus(error);
    if (status === 401 || status === 403) return undefined;
    // There are none, or the store knows no rules.
    if (status === 404 || status === 405 || status === 501) return [];
    throw error;
  }
}

function ofOurs(rule: S3Rule, ours: string): LifecycleRule[] {
  if (rule.Status !== 'Enabled') return [];
  const { Filter: filter, ID: name = 'without a name' } = rule;
  const prefix = filter?.Prefix ?? filter?.And?.Prefix ?? rule.Prefix ?? '';
  if (!prefix.startsWith(ours) && !ours.startsWith(prefix)) return [];
  const isPartial =
    filter?.Tag !== undefined ||
    filter?.And?.Tags !== undefined ||
    filter?.ObjectSizeGreaterThan !== undefined ||
    filter?.ObjectSizeLessThan !== undefined;
  const deletes = whenOf(rule.Expiration);
  const archive = rule.Transitions?.find(({ StorageClass: to }) => archiveClasses.has(to ?? ''));
  const archives = archive && `${archive.StorageClass ?? ''} ${whenOf(archive) ?? ''}`.trim();
  if (deletes === undefined && archives === undefined) return [];
  const deletesAfterDays = rule.Expiration?.Days;
  return [{ name, prefix, isPartial, deletes, deletesAfterDays, archives }];
}

function whenOf(at: { readonly Days?: number; readonly Date?: Date } | undefined) {
  if (at?.Days !== undefined) return `after ${at.Days} days`;
  return at?.Date && `on ${at.Date.toISOString().slice(0, 10)}`;
}
