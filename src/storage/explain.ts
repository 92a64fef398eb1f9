import { describeError, errorCode } from '../lib/errors.ts';
import { bounded } from '../lib/printable.ts';
import { TimeoutError } from '../lib/until.ts';
import { LongerAnswerError, UploadStalledError } from './answer-bounds.ts';
import { httpStatus } from './http-status.ts';
import { ListingError, ObjectError } from './object-error.ts';

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
  /** Whether it may be the trouble of this one object, and others may get through. */
  readonly ofObject: boolean;
}

/** A store may say anything, of any length. */
const longestWords = 600;

/** Explains a failed request to the store in plain words, for {@link OperatorError}s and logs. */
export function explainStoreError(error: unknown, place: BucketPlace): string {
  return storeTrouble(error, place).words;
}

const byItself = (words: string): StoreTrouble => ({
  words: bounded(words, longestWords),
  needsOperator: false,
  tooMuch: false,
  ofObject: false,
});
const byOperator = (words: string): StoreTrouble => ({ ...byItself(words), needsOperator: true });
const byObject = (words: string): StoreTrouble => ({ ...byItself(words), ofObject: true });

/** As {@link explainStoreError}, and whether the operator must act. */
export function storeTrouble(error: unknown, place: BucketPlace): StoreTrouble {
  const at = place.endpoint ?? `Amazon S3 in ${place.region}`;
  const name = error instanceof Error ? error.name : '';
  const status = httpStatus(error);
  if (error instanceof ObjectError) return byObject(`${at}: ${error.message}`);
  if (error instanceof ListingError) return byOperator(`${at}: ${error.message}`);
  if (error instanceof LongerAnswerError || (status !== undefined && status < 300)) {
    return byOperator(
      `The answer of ${at} is not what an S3 store answers: ${describeError(error)}. Is the endpoint that of a store, and not of a web page?`,
    );
  }
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
    // S3 says it with 400 when a body comes too slowly.
    case 'RequestTimeout':
      return {
        ...byItself(`${at} waited too long for the body: the link is too slow.`),
        tooMuch: true,
      };
    case 'QuotaExceeded':
    case 'XMinioStorageFull':
      return byOperator(
        `${at} has no room left for the bucket "${place.bucket}". Make room there.`,
      );
    case 'ExpiredToken':
    case 'TokenRefreshRequired':
    case 'InvalidToken':
      return byOperator(
        `${at} takes the session token of the access key "${place.accessKeyId}" no more (${name}). Give new keys with their token; they are read anew.`,
      );
    case 'CredentialsProviderError':
      return byOperator(
        `The configuration names no access key for the bucket "${place.bucket}", and none is found on this machine (environment, files of the AWS tools, web identity, instance role). Give bucket.credentials, or set CCTV_BUCKET_ACCESS_KEY_ID and CCTV_BUCKET_SECRET_ACCESS_KEY.`,
      );
    case 'AccessDenied':
    case 'AllAccessDisabled':
    case 'AccountProblem':
      return byOperator(denied(place, at, `${status ?? 403} ${name}`));
    default:
  }
  if (status === 301 || status === 307) {
    return byOperator(
      `${at} sends us elsewhere for the bucket "${place.bucket}". Correct the region or the endpoint.`,
    );
  }
  if (status === 401 || status === 403) return byOperator(denied(place, at, `${status} ${name}`));
  if (status === 507) return byOperator(`${at} has no room left (507). Make room there.`);
  if (status !== undefined && (status >= 500 || status === 429)) {
    const words = `${at} is overloaded or out of order (${status} ${name}).`;
    return { ...byItself(words), tooMuch: status === 503 || status === 429 };
  }
  if (status === 413) {
    return byObject(
      `${at}, or a proxy before it, takes no object of this size (413 ${name}: ${describeError(error)}). Raise its limit, or make segments shorter (archive.segmentSeconds).`,
    );
  }
  if (status !== undefined) {
    return byObject(`${at} refused with ${status} ${name}: ${describeError(error)}`);
  }
  return connectionTrouble(error, at);
}

const denied = (place: BucketPlace, at: string, answer: string): string =>
  `${at} denies the access key "${place.accessKeyId}" access to the bucket "${place.bucket}" (${answer}). It must be allowed to list the bucket and to get and put objects.`;

/** More than goes in one packet. */
const packetBytes = 1_400;

/** What to do where small packets get through and large ones don't. */
const mtuAdvice =
  'If a listing gets through and uploads do not, something on the way swallows large packets (a tunnel or VPN): lower the MTU, as with: ip link set dev eth0 mtu 1400';

function connectionTrouble(error: unknown, at: string): StoreTrouble {
  const code = errorCode(error) ?? '';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code)) {
    return byOperator(
      `The TLS certificate or protocol of ${at} can't be trusted (${code}). Check the endpoint's host name and scheme; for a certificate authority of your own set NODE_EXTRA_CA_CERTS.`,
    );
  }
  switch (code) {
    case 'ECONNREFUSED':
      return byItself(
        `Nothing listens at ${at} (connection refused). Is the store running, and are host and port right?`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return byItself(
        `The host name of ${at} can't be resolved (${code}). Check the endpoint and this machine's DNS.`,
      );
    case 'EMFILE':
    case 'ENFILE':
      return byOperator(
        `No connection to ${at} can be made: ${code === 'EMFILE' ? 'this process' : 'this machine'} has as many files and connections open as it may (${code}). Raise the limit (${code === 'EMFILE' ? 'LimitNOFILE in: systemctl edit sapiengraph-cctv' : 'sysctl fs.file-max'}) and start the daemon again.`,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return byItself(`There is no way to ${at} (${code}). Check this machine's network.`);
    default:
  }
  const timedOut =
    error instanceof UploadStalledError || error instanceof TimeoutError || code === 'ETIMEDOUT';
  if (timedOut) {
    const isLarge = error instanceof UploadStalledError && error.sentBytes > packetBytes;
    const words = `${at} does not answer in time, or the link is too slow.`;
    return { ...byItself(isLarge ? `${words} ${mtuAdvice}` : words), tooMuch: true };
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return byItself(`The connection to ${at} was cut (${code}).`);
  }
  return byItself(`The exchange with ${at} failed: ${describeError(error)}`);
}
