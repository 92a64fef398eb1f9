import { OperatorError } from '../lib/errors.ts';

export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** The command line is invalid. */
export class UsageError extends OperatorError {
  override name = 'UsageError';
}
