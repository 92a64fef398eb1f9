import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describeError, OperatorError } from '../lib/errors.ts';
import type { Config } from './config.ts';
import { ConfigError } from './errors.ts';
import { examineConfig, loadConfig } from './load.ts';
import { readSource } from './source.ts';
import { missingPrograms } from './programs.ts';
import type { Environment } from './secrets.ts';

/** A configuration that can be used, and the text that it was read from. */
export interface Checked {
  readonly config: Config;
  readonly source: string;
}

/**
 * Reads the configuration, and looks whether this machine has all that it asks for.
 *
 * @throws {OperatorError} if it can't be used; {@link ConfigError} with every problem at once
 */
export function loadChecked(file: string, env: Environment): Checked {
  const source = readSource(file);
  const config = loadConfig(file, env, source);
  const problems = missingPrograms(config, env);
  if (problems.length > 0) throw new ConfigError(config.file, problems);
  return { config, source };
}

/**
 * Where the text of the last configuration that the service ran with is kept; undefined for who is no
 * service of systemd's with a directory for its state.
 */
export function lastGoodFile(env: Environment): string | undefined {
  const directory = env['STATE_DIRECTORY']?.split(':')[0];
  return directory ? join(directory, 'config.last-good.yaml') : undefined;
}

/**
 * As {@link loadChecked}; but where the configuration is refused, the last good one instead, which says
 * so in `refused`: a slip in a file ends no recording.
 *
 * @throws {OperatorError} if there is no good one; the problems are those of the present one
 */
export function loadOrLastGood(file: string, env: Environment): Checked {
  try {
    return loadChecked(file, env);
  } catch (refusal) {
    if (!(refusal instanceof OperatorError)) throw refusal;
    const kept = loadLastGood(file, env, refusal);
    if (kept === undefined) throw refusal;
    return kept;
  }
}

/** Whether the service could run, though there is no configuration at all. */
export function canDoWithout(file: string, env: Environment): boolean {
  try {
    loadOrLastGood(file, env);
    return true;
  } catch {
    return false;
  }
}

function loadLastGood(file: string, env: Environment, refusal: OperatorError): Checked | undefined {
  const copy = lastGoodFile(env);
  const stat = copy === undefined ? undefined : statSync(copy, { throwIfNoEntry: false });
  if (copy === undefined || stat === undefined) return undefined;
  const source = readFileSync(copy, 'utf8');
  // Paths in it are from where it was copied.
  const { config, problems } = examineConfig(file, env, source);
  if (config === undefined || missingPrograms(config, env).length > 0) return undefined;
  // Nothing but secrets is missing then. Without a configuration, that is a service that was taken down.
  const isTakenDown = statSync(file, { throwIfNoEntry: false }) === undefined;
  if (problems.length > 0 && isTakenDown) return undefined;
  return {
    config: {
      ...config,
      warnings: [...config.warnings, ...problems],
      refused: {
        file: config.file,
        problems: refusal instanceof ConfigError ? refusal.problems : [refusal.message],
        copy,
        copiedAtMs: stat.mtimeMs,
      },
    },
    source,
  };
}

/**
 * Keeps the text of a configuration that the service runs with. It is for the service alone: secrets may
 * stand in it.
 *
 * @throws {OperatorError} if it can't be written
 */
export function rememberAsLastGood({ config, source }: Checked, env: Environment): void {
  const copy = lastGoodFile(env);
  if (copy === undefined || config.refused !== undefined) return;
  try {
    // What was kept long ago says since when it is in use.
    if (statSync(copy, { throwIfNoEntry: false }) && readFileSync(copy, 'utf8') === source) return;
    replaceFile(copy, source);
  } catch (error) {
    throw new OperatorError(
      `The configuration can't be kept as ${copy}, for a start with one that can't be used: ${describeError(error)}`,
      { cause: error },
    );
  }
}

/** The new text stands there whole or not at all, beyond a power cut too. */
function replaceFile(file: string, text: string): void {
  const temporary = `${file}.new`;
  withFile(temporary, 'w', (handle) => {
    writeSync(handle, text);
    fsyncSync(handle);
  });
  renameSync(temporary, file);
  withFile(dirname(file), 'r', fsyncSync);
}

function withFile(path: string, flags: string, use: (handle: number) => void): void {
  const handle = openSync(path, flags, 0o600);
  try {
    use(handle);
  } finally {
    closeSync(handle);
  }
}
