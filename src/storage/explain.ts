import { describeError, errorCode } from '../lib/errors.ts';
import { TimeoutError } from '../lib/until.ts';
import { UploadStalledError } from './client.ts';
import { httpStatus } from './http-status.ts';

export { httpStatus } from './http-status.ts';

/** What messages about a store mention. */
export interface BucketPlace {
  readonly bucket: string;
  readonly endpoint?: string;
  readonly region: string;
  readonly accessKeyId: string;
}

export interface StoreTrouble {
  /** What is wrong and what to do, for the operator. */
  readonly words: string;
  /** Whether the trouble lasts until an operator acts. */
  readonly needsOperator: boolean;
  /** Whether fewer parallel uploads would help: the store or the link seems overloaded. */
  readonly tooMuch: boolean;
}

/** Explains a failed request to the store in plain words, for {@link OperatorError}s and logs. */
export function explainStoreError(error: unknown, place: BucketPlace): string {
  return storeTrouble(error, place).words;
}

/** As {@link explainStoreError}, and whether the operator must act. */
export function storeTrouble(error: unknown, place: BucketPlace): StoreTrouble {
  const at = place.endpoint ?? `Amazon S3 in ${place.region}`;
  const byOperator = (words: string): StoreTrouble => ({
    words,
    needsOperator: true,
    tooMuch: false,
  });
  const byItself = (words: string): StoreTrouble => ({
    words,
    needsOperator: false,
    tooMuch: false,
  });
  const name = error instanceof Error ? error.name : '';
  const status = httpStatus(error);
  switch (name) {
    case 'NoSuchBucket':
      return byOperator(
        `The bucket "${place.bucket}" does not exist at ${at}. Create it, or correct the bucket's name.`,
      );
    case 'InvalidAccessKeyId':
      return byOperator(
        `The access key "${place.accessKeyId}" is not known at ${at}. Correct the access key id, or make the key anew.`,
      );
    case 'SignatureDoesNotMatch':
      return byOperator(
        `The secret access key does not belong to the access key "${place.accessKeyId}" at ${at}. Correct the one or the other.`,
      );
    case 'RequestTimeTooSkewed':
    case 'RequestExpired':
      return byOperator(
        `This machine's clock and that of ${at} differ too much. Set the clock (NTP).`,
      );
    case 'PermanentRedirect':
    case 'TemporaryRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return byOperator(
        `The bucket "${place.bucket}" is not in the region "${place.region}" or not at ${at}. Correct the region or the endpoint.`,
      );
    case 'QuotaExceeded':
    case 'XMinioStorageFull':
      return byOperator(
        `${at} has no room left for the bucket "${place.bucket}". Make room there.`,
      );
    case 'AccessDenied':
    case 'AllAccessDisabled':
    case 'AccountProblem':
    case 'ExpiredToken':
    case 'InvalidToken':
      return byOperator(denied(place, at, name));
    default:
  }
  if (status === 301 || status === 307) {
    return byOperator(
      `${at} sends us elsewhere for the bucket "${place.bucket}". Correct the region or the endpoint.`,
    );
  }
  if (status === 401 || status === 403) return byOperator(denied(place, at, name));
  if (status === 507) return byOperator(`${at} has no room left (507). Make room there.`);
  if (status !== undefined && (status >= 500 || status === 429)) {
    const words = `${at} is overloaded or out of order (${status} ${name}).`;
    return { ...byItself(words), tooMuch: status === 503 || status === 429 };
  }
  if (status !== undefined) {
    return byItself(`${at} refused with ${status} ${name}: ${describeError(error)}`);
  }
  return connectionTrouble(error, at, { byOperator, byItself });
}

const denied = (place: BucketPlace, at: string, name: string): string =>
  `${at} denies the access key "${place.accessKeyId}" access to the bucket "${place.bucket}" (403 ${name}). It must be allowed to list the bucket and to get and put objects.`;

function connectionTrouble(
  error: unknown,
  at: string,
  by: Readonly<Record<'byOperator' | 'byItself', (words: string) => StoreTrouble>>,
): StoreTrouble {
  const code = errorCode(error) ?? '';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code)) {
    return by.byOperator(
      `The TLS certificate or protocol of ${at} can't be trusted (${code}). Check the endpoint's host name and scheme; for a certificate authority of your own set NODE_EXTRA_CA_CERTS.`,
    );
  }
  switch (code) {
    case 'ECONNREFUSED':
      return by.byItself(
        `Nothing listens at ${at} (connection refused). Is the store running, and are host and port right?`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return by.byItself(
        `The host name of ${at} can't be resolved (${code}). Check the endpoint and this machine's DNS.`,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return by.byItself(`There is no way to ${at} (${code}). Check this machine's network.`);
    default:
  }
  const timedOut =
    error instanceof UploadStalledError || error instanceof TimeoutError || code === 'ETIMEDOUT';
  if (timedOut) {
    return {
      ...by.byItself(`${at} does not answer in time, or the link is too slow.`),
      tooMuch: true,
    };
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return by.byItself(`The connection to ${at} was cut (${code}).`);
  }
  return by.byItself(`The exchange with ${at} failed: ${describeError(error)}`);
}
