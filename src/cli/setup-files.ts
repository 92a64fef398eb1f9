import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { chmodSync, chownSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Document, isMap, parseDocument } from 'yaml';
import { describeError, OperatorError } from '../lib/errors.ts';
import { groupId } from '../lib/groups.ts';
import { withOption } from './yaml-edit.ts';

/** What `cctvd setup` asks for. */
export interface BucketAnswers {
  readonly name: string;
  /** Absent: Amazon's endpoint of the region. */
  readonly endpoint?: string;
  readonly region: string;
  /** Prefix of each object's key: empty, or ends with `/`. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const example = join(import.meta.dirname, '..', '..', 'systemd', 'config.example.yaml');

/** The group of the installed daemon, which may read the configuration while others may not. */
const daemonGroup = 'sapiengraph-cctv';

/** Directory of the bucket's keys. Only root can read it; the service gets the keys by LoadCredential. */
export const credentialsDirectoryOf = (configFile: string): string =>
  join(dirname(configFile), 'credentials');

/**
 * Writes the bucket's keys beside the configuration, and the bucket's options into it. The rest of the
 * configuration stays as it is, with its comments; a new configuration starts as a copy of the example.
 *
 * @throws {OperatorError} a file can't be changed or written
 */
export function writeSetup(file: string, answers: BucketAnswers): void {
  const text = configWith(existsSync(file) ? file : example, answers);
  const credentials = credentialsDirectoryOf(file);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    mkdirSync(credentials, { recursive: true, mode: 0o700 });
    replace(join(credentials, 'bucket-access-key-id'), `${answers.accessKeyId}\n`, 0o600);
    replace(join(credentials, 'bucket-secret-access-key'), `${answers.secretAccessKey}\n`, 0o600);
    // Of keys from before.
    rmSync(join(credentials, 'bucket-session-token'), { force: true });
    // Must be last: a service that waits for the configuration starts as soon as it is there.
    replace(file, text, 0o640);
  } catch (error) {
    throw new OperatorError(`The configuration can't be written: ${describeError(error)}.`, {
      cause: error,
    });
  }
}

/**
 * The name of the bucket in the configuration; undefined without a configuration or a name in it.
 *
 * @throws {OperatorError} the configuration exists, and {@link writeSetup} could not change it
 */
export function bucketOf(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  const name: unknown = changeable(file, readFileSync(file, 'utf8')).getIn(['bucket', 'name']);
  return typeof name === 'string' ? name : undefined;
}

function configWith(source: string, answers: BucketAnswers): string {
  const text = readFileSync(source, 'utf8');
  changeable(source, text);
  const { name, endpoint, region, prefix } = answers;
  const options = { name, endpoint, region, prefix: prefix === '' ? undefined : prefix };
  return Object.entries(options).reduce(
    (changed, [option, value]) => withOption(changed, 'bucket', option, value),
    text,
  );
}

/** @throws {OperatorError} the file is no valid YAML, or already has the keys, which would then be in two places */
function changeable(source: string, text: string): Document {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !(document.contents === null || isMap(document.contents))) {
    throw new OperatorError(
      `${source} can't be changed, as it has an error: ${document.errors[0]?.message ?? 'there are no options in it'}`,
    );
  }
  if (document.hasIn(['bucket', 'credentials'])) {
    throw new OperatorError(
      `${source} says in bucket.credentials where the bucket's keys are. Remove that: they are kept in ${credentialsDirectoryOf(source)}.`,
    );
  }
  return document;
}

/** Replaces a file atomically; its content is never readable for more users than `mode` allows. */
function replace(path: string, content: string, mode: number): void {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  const before = statSync(path, { throwIfNoEntry: false });
  writeFileSync(temporary, content, { mode, flag: 'wx' });
  const group = before?.gid ?? (mode === 0o640 ? groupId(daemonGroup) : undefined);
  if (group !== undefined && process.getuid?.() === 0)
    chownSync(temporary, before?.uid ?? 0, group);
  chmodSync(temporary, before === undefined ? mode : before.mode & 0o777);
  renameSync(temporary, path);
}
