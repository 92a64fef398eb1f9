import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, errorCode } from '../lib/errors.ts';
import { secretsOfUrl } from '../lib/redactor.ts';
import type { StoreCredentials } from '../model/store-credentials.ts';
import type { Config } from './config.ts';
import type { FileConfig } from './schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Collects problems and warnings, so that they can be reported together. */
export interface ConfigFindings {
  readonly problems: string[];
  readonly warnings: string[];
}

/** The name that LoadCredential in the unit gives to the directory of secrets. */
const credentialDirectory = 'cctv';

/** Directories of systemd credentials. The first that has a credential wins; only manual runs have several. */
export const credentialDirectories = (env: Environment): string[] =>
  (env['CREDENTIALS_DIRECTORY'] ?? '').split(':').filter((directory) => directory !== '');

interface Source {
  /** The source's name in messages to the operator. */
  readonly name: string;
  readonly read: () => string;
}

/** The places that may hold one secret. */
export interface SecretPlaces {
  /** Path of the option that holds the secret; the option with `File` appended names the secret's file. */
  readonly option: string;
  readonly inline: string | undefined;
  readonly file: string | undefined;
  /** Name of the environment variable. */
  readonly variable: string;
  /** The name of a systemd credential. */
  readonly credential: string;
}

/**
 * Reads a secret from its only source: the environment, a file, a systemd credential, or the
 * configuration itself. Empty, with a problem added to `found`, if there is not exactly one readable source.
 */
export function readSecret(
  places: SecretPlaces,
  env: Environment,
  resolve: (path: string) => string,
  found: ConfigFindings,
): string {
  const { option, variable } = places;
  return readOne(
    sourcesOf(places, env, resolve, found),
    `${option} is missing; set ${variable}, or give ${option}File`,
    `${option} is given more than once`,
    found,
  );
}

/** As {@link readSecret}, but undefined if there is no source. */
function readOptionalSecret(...args: Parameters<typeof readSecret>): string | undefined {
  return sourcesOf(...args).length === 0 ? undefined : readSecret(...args);
}

function sourcesOf(
  { option, inline, file, variable, credential }: SecretPlaces,
  env: Environment,
  resolve: (path: string) => string,
  found: ConfigFindings,
): Source[] {
  const sources: Source[] = [];
  const value = env[variable];
  if (value) sources.push({ name: `the environment (${variable})`, read: () => value });
  if (inline !== undefined) sources.push({ name: option, read: () => inline });
  if (file !== undefined) {
    const path = resolve(file);
    sources.push({ name: `${option}File (${path})`, read: () => readSecretFile(path, found) });
  }
  // Credentials that systemd loads from a directory get the directory's name as a prefix. A prefixed name in
  // a later place was loaded from the first place, whose file may have been deleted since: ignore it.
  const names = [credential, `${credentialDirectory}_${credential}`];
  const path = credentialDirectories(env)
    .flatMap((directory, index) =>
      names.slice(0, index === 0 ? 2 : 1).map((name) => join(directory, name)),
    )
    .find((place) => statSync(place, { throwIfNoEntry: false }) !== undefined);
  if (path !== undefined) {
    sources.push({
      name: `the systemd credential ${credential}`,
      read: () => readSecretFile(path, found),
    });
  }
  return sources;
}

type CredentialOption = 'accessKeyId' | 'secretAccessKey' | 'sessionToken';

const credentialNames: Readonly<Record<CredentialOption, string>> = {
  accessKeyId: 'access-key-id',
  secretAccessKey: 'secret-access-key',
  sessionToken: 'session-token',
};

/** Where the credentials of an AWS-compatible service, such as `bucket`, may be. */
function credentialPlaces(
  owner: { readonly option: string; readonly name: string },
  given: FileConfig['bucket']['credentials'],
  option: CredentialOption,
): SecretPlaces {
  const credential = `${owner.name}-${credentialNames[option]}`;
  return {
    option: `${owner.option}.credentials.${option}`,
    inline: given[option],
    file: given[`${option}File`],
    variable: `CCTV_${credential}`.toUpperCase().replaceAll('-', '_'),
    credential,
  };
}

/** The credentials of an AWS-compatible service, such as `bucket`. */
export function readCredentials(
  owner: { readonly option: string; readonly name: string },
  given: FileConfig['bucket']['credentials'],
  env: Environment,
  resolve: (path: string) => string,
  found: ConfigFindings,
): StoreCredentials {
  const secret = (option: CredentialOption): string =>
    readSecret(credentialPlaces(owner, given, option), env, resolve, found);
  return { accessKeyId: secret('accessKeyId'), secretAccessKey: secret('secretAccessKey') };
}

/**
 * The credentials of the bucket, with a session token if there is one. Undefined if none are given, and
 * this machine has a place where the AWS SDK finds some.
 */
export function readBucketCredentials(
  given: FileConfig['bucket']['credentials'],
  env: Environment,
  resolve: (path: string) => string,
  found: ConfigFindings,
): StoreCredentials | undefined {
  const bucket = { option: 'bucket', name: 'bucket' };
  const isGiven = (['accessKeyId', 'secretAccessKey', 'sessionToken'] as const).some((option) => {
    const places = credentialPlaces(bucket, given, option);
    return sourcesOf(places, env, resolve, found).length > 0;
  });
  if (!isGiven && hasOwnCredentials(env)) return undefined;
  const token = credentialPlaces(bucket, given, 'sessionToken');
  return {
    ...readCredentials(bucket, given, env, resolve, found),
    sessionToken: readOptionalSecret(token, env, resolve, found),
  };
}

/** Set where the AWS SDK is to find credentials: in the environment, in files, in Kubernetes, on ECS. */
const sdkVariables = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_CONFIG_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

/** Says whether this machine is one of EC2, which may have an instance role. */
const vendorFile = '/sys/devices/virtual/dmi/id/sys_vendor';

function hasOwnCredentials(env: Environment): boolean {
  if (sdkVariables.some((name) => env[name])) return true;
  try {
    return readFileSync(vendorFile, 'utf8').startsWith('Amazon EC2');
  } catch {
    return false;
  }
}

function readOne(
  sources: readonly Source[],
  none: string,
  many: string,
  found: ConfigFindings,
): string {
  const [source, ...others] = sources;
  if (source === undefined) {
    found.problems.push(none);
    return '';
  }
  if (others.length > 0) {
    const names = sources.map(({ name }) => name).join(' and ');
    found.problems.push(`${many}: by ${names}. Keep one of them`);
    return '';
  }
  try {
    return source.read();
  } catch (error) {
    found.problems.push(`${source.name} can't be read: ${describeError(error)}`);
    return '';
  }
}

/** Session tokens are the longest. */
const maxSecretBytes = 16_384;

function readSecretFile(path: string, found: ConfigFindings): string {
  const { size } = statSync(path);
  if (size > maxSecretBytes) throw new Error('it is too long for a key');
  const text = readFileSync(path, 'utf8').trim();
  if (text === '') throw new Error('it is empty');
  if (/\s/.test(text)) throw new Error('it must hold the key alone, without spaces or more lines');
  warnIfOpen(path, found);
  return text;
}

/** Warns if a file with a secret can be read by users other than its owner and group. */
export function warnIfOpen(path: string, found: ConfigFindings): void {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o004) === 0) return;
  const warning = `${path} holds a secret and every user of this machine may read it (mode ${mode.toString(8)}). Run: chmod o-rwx ${path}`;
  if (!found.warnings.includes(warning)) found.warnings.push(warning);
}

/** A sentence that says why a file can't be read. */
export function unreadable(path: string, error: unknown): string {
  switch (errorCode(error)) {
    case 'ENOENT':
      return `There is no file ${path}`;
    case 'EACCES':
      return `You may not read ${path}`;
    case 'EISDIR':
      return `${path} is a directory`;
    case undefined:
    default:
      return `${path} can't be read: ${describeError(error)}`;
  }
}

/**
 * The secrets of a configuration, so that they can be masked wherever they appear. The ids of access keys are
 * none: the operator reads in the log which key a store does not know.
 */
export function secretsOf({ bucket, alerts }: Pick<Config, 'bucket' | 'alerts'>): string[] {
  const { credentials } = bucket;
  const { smtp, sms } = alerts?.carriers ?? {};
  const { twilio, gateway, sns } = sms ?? {};
  const secrets = [
    credentials?.secretAccessKey,
    credentials?.sessionToken,
    smtp?.password,
    twilio?.authToken,
    gateway?.password,
    sns?.secretAccessKey,
    ...[...(alerts?.operator.webhook ?? []), alerts?.heartbeat?.url].flatMap(secretsOfUrl),
  ];
  return secrets.filter((secret) => secret !== undefined).filter((secret) => secret !== '');
}
