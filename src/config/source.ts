import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { OperatorError } from '../lib/errors.ts';
import { unreadable } from './secrets.ts';

/** @throws {OperatorError} the file can't be read */
export function readSource(path: string): string {
  const file = resolve(path);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(
      `${unreadable(file, error)}. Name the configuration with --config FILE, or make one: cctvd setup.`,
      { cause: error },
    );
  }
}
