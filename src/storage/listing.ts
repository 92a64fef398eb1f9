import {
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import type { BucketAccess } from './access.ts';
import { ListingError } from './object-error.ts';

/** Whether an answer is a listing at all, and not a page of HTML or nothing. */
export const isListing = ({ Name, IsTruncated, KeyCount }: ListObjectsV2CommandOutput): boolean =>
  Name !== undefined || IsTruncated !== undefined || KeyCount !== undefined;

/** The last character that XML allows: what begins with a folder's name comes before the two. */
const afterFolder = '\u{10fffd}';

/** Some stores return empty pages where much was deleted. */
const emptyPagesAllowed = 1_000;

/**
 * The pages of a listing. Goes on by the token that the store gives, and where it gives none though
 * there is more, from the last name on, as S3 allows.
 *
 * @throws ListingError if the listing can't be trusted: it repeats itself, has more without a way to
 *   go on, or is none. An error of the store, or the signal's
 */
export async function* listingPages(
  { client, bucket }: Pick<BucketAccess, 'client' | 'bucket'>,
  input: Omit<ListObjectsV2CommandInput, 'Bucket' | 'ContinuationToken'>,
  abortSignal: AbortSignal,
): AsyncGenerator<ListObjectsV2CommandOutput> {
  const where = `the listing of ${input.Prefix || 'the bucket'}`;
  let from: Pick<ListObjectsV2CommandInput, 'StartAfter' | 'ContinuationToken'> = {};
  let last = input.StartAfter ?? '';
  let emptyPages = 0;
  for (;;) {
    const page = await client.send(
      // URL-encoded: a foreign key with characters that XML forbids would spoil the whole listing.
      new ListObjectsV2Command({ Bucket: bucket, EncodingType: 'url', ...input, ...from }),
      { abortSignal },
    );
    if (!isListing(page)) throw new ListingError(`${where} is none: is this an S3 store?`);
    const names = namesOf(page);
    const reached = names.reduce((max, name) => (name > max ? name : max), last);
    const isNew = reached > last;
    if (names.length > 0 && !isNew) {
      throw new ListingError(`${where} can't be trusted: the store gives the same names again`);
    }
    emptyPages = isNew ? 0 : emptyPages + 1;
    last = reached;
    yield page;
    const { IsTruncated: truncated, NextContinuationToken: token } = page;
    if (truncated === false || (truncated === undefined && !token)) return;
    if (token && token !== from.ContinuationToken && emptyPages < emptyPagesAllowed) {
      from = { ContinuationToken: token };
    } else if (isNew) {
      from = { StartAfter: last };
    } else {
      throw new ListingError(
        `${where} can't be trusted: the store says that there is more, and gives no way to go on`,
      );
    }
  }
}

/** The plain names in a page: keys, and folders with what makes them come after all that is in them. */
function namesOf(page: ListObjectsV2CommandOutput): string[] {
  const keys = (page.Contents ?? []).map(({ Key }) => decoded(page, Key));
  const folders = (page.CommonPrefixes ?? []).map(({ Prefix }) => decoded(page, Prefix));
  return [...keys, ...folders.map((folder) => folder + afterFolder)];
}

/** The plain key, from a listing that may be URL-encoded. */
export function decoded(
  { EncodingType: encoding }: Pick<ListObjectsV2CommandOutput, 'EncodingType'>,
  key = '',
): string {
  if (encoding !== 'url') return key;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    // Not UTF-8, so not one of our keys: return it encoded.
    return key;
  }
}
