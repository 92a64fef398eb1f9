import { readFileSync } from 'node:fs';
import { OperatorError } from '../lib/errors.ts';
import { unreadable } from './secrets.ts';

/**
 * The text of a configuration.
 *
 * @throws {OperatorError} the file can't be read
 */
export function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(
      `${unreadable(file, error)}. Name the configuration with --config FILE.`,
      { cause: error },
    );
  }
}
