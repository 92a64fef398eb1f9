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

/** A usable configuration and its source text. */
export interface Checked {
  readonly config: Config;
  readonly source: string;
}

/**
 * Reads the configuration, and checks that this machine has the programs and files that it names.
 *
 * @throws {OperatorError} the configuration can't be used; {@link ConfigError} lists every problem
 */
export function loadChecked(file: string, env: Environment): Checked {
  const source = readSource(file);
  const config = loadConfig(file, env, source);
  const problems = missingPrograms(config, env);
  if (problems.length > 0) throw new ConfigError(config.file, problems);
  return { config, source };
}

/**
 * The file that keeps the text of the last configuration with which the service ran; undefined outside
 * a systemd service with a state directory.
 */
export function lastGoodFile(env: Environment): string | undefined {
  const directory = env['STATE_DIRECTORY']?.split(':')[0];
  return directory ? join(directory, 'config.last-good.yaml') : undefined;
}

/**
 * As {@link loadChecked}, but falls back to the last good configuration, marked with `refused`, so that
 * a mistake in the file doesn't end the recording.
 *
 * @throws {OperatorError} there is no last good configuration; the problems are those of the present one
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

/** Whether the service could run, be it with the last good configuration. */
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
  // Relative paths in the copy start at the directory of the original file.
  const { config, problems } = examineConfig(file, env, source);
  if (config === undefined || missingPrograms(config, env).length > 0) return undefined;
  // Remaining problems can only be missing secrets. If the file is gone, too, the service was uninstalled.
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
 * Keeps the text of the configuration with which the service runs. Only the service may read the copy,
 * as it may contain secrets.
 *
 * @throws {OperatorError} the copy can't be written
 */
export function rememberAsLastGood({ config, source }: Checked, env: Environment): void {
  const copy = lastGoodFile(env);
  if (copy === undefined || config.refused !== undefined) return;
  try {
    // An unchanged copy is not rewritten: its time says since when this configuration has been in use.
    if (statSync(copy, { throwIfNoEntry: false }) && readFileSync(copy, 'utf8') === source) return;
    replaceFile(copy, source);
  } catch (error) {
    throw new OperatorError(
      `The configuration can't be kept as ${copy}, for a start with one that can't be used: ${describeError(error)}`,
      { cause: error },
    );
  }
}

/** Replaces the file atomically and durably, even across a power cut. */
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
