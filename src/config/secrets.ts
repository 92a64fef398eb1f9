import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, errorCode } from '../lib/errors.ts';
import type { Credentials } from './config.ts';
import type { FileConfig } from './schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Collects what is wrong, so that all of it can be reported at once. */
export interface Findings {
  readonly problems: string[];
  readonly warnings: string[];
}

interface Source {
  /** As the operator knows it. */
  readonly name: string;
  readonly read: () => string;
}

/**
 * The bucket's credentials from the one place where each stands: the environment, a file, a
 * systemd credential, or the configuration itself.
 */
export function readCredentials(
  given: FileConfig['bucket']['credentials'],
  env: Environment,
  resolve: (path: string) => string,
  found: Findings,
): Credentials {
  const secret = (
    option: 'accessKeyId' | 'secretAccessKey',
    variable: string,
    credential: string,
  ): string => {
    const sources: Source[] = [];
    const value = env[variable];
    if (value) sources.push({ name: `the environment (${variable})`, read: () => value });
    const inline = given[option];
    if (inline !== undefined) {
      sources.push({ name: `bucket.credentials.${option}`, read: () => inline });
    }
    const file = given[`${option}File`];
    if (file !== undefined) {
      const path = resolve(file);
      sources.push({
        name: `bucket.credentials.${option}File (${path})`,
        read: () => readSecretFile(path, found),
      });
    }
    const directory = env['CREDENTIALS_DIRECTORY'];
    const path = directory ? join(directory, credential) : undefined;
    if (path !== undefined && statSync(path, { throwIfNoEntry: false }) !== undefined) {
      sources.push({
        name: `the systemd credential ${credential}`,
        read: () => readSecretFile(path, found),
      });
    }
    return readOne(
      sources,
      `bucket.credentials.${option} is missing; set ${variable}, or give bucket.credentials.${option}File`,
      `bucket.credentials.${option} is given more than once`,
      found,
    );
  };
  return {
    accessKeyId: secret('accessKeyId', 'CCTV_BUCKET_ACCESS_KEY_ID', 'bucket-access-key-id'),
    secretAccessKey: secret(
      'secretAccessKey',
      'CCTV_BUCKET_SECRET_ACCESS_KEY',
      'bucket-secret-access-key',
    ),
  };
}

function readOne(sources: readonly Source[], none: string, many: string, found: Findings): string {
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

const maxSecretBytes = 4096;

function readSecretFile(path: string, found: Findings): string {
  const { size } = statSync(path);
  if (size > maxSecretBytes) throw new Error('it is too long for a key');
  const text = readFileSync(path, 'utf8').trim();
  if (text === '') throw new Error('it is empty');
  if (/\s/.test(text)) throw new Error('it must hold the key alone, without spaces or more lines');
  warnIfOpen(path, found);
  return text;
}

/** Warns if users other than the owner and the group of a file that holds a secret may read it. */
export function warnIfOpen(path: string, found: Findings): void {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o004) === 0) return;
  found.warnings.push(
    `${path} holds a secret and every user of this machine may read it (mode ${mode.toString(8)}). Run: chmod o-rwx ${path}`,
  );
}

/** Why a file can't be read, in words. */
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
