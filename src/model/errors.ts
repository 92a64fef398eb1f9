import { OperatorError } from '../lib/errors.ts';

/** There is no account, camera or the like of that name. */
export class UnknownNameError extends OperatorError {
  override name = 'UnknownNameError';
}

/** There is an account, camera, key or the like of that name already. */
export class DuplicateError extends OperatorError {
  override name = 'DuplicateError';
}
