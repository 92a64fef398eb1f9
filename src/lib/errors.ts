import { inspect } from 'node:util';

/**
 * A problem that the operator must solve. The message says what is wrong and what to do; it is shown
 * unchanged, without a stack.
 */
export class OperatorError extends Error {
  override name = 'OperatorError';
}

/** One line for a log: the error's message and those of its causes, without stacks. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at !== undefined && at !== null && parts.length < 5; ) {
    const text =
      at instanceof Error ? at.message || at.name : typeof at === 'string' ? at : inspect(at);
    if (text !== '' && !parts.at(-1)?.includes(text)) parts.push(text);
    at = at instanceof Error ? at.cause : undefined;
  }
  return parts.join(': ') || 'unknown error';
}

/** The code of a system error (`ENOENT`, `ECONNREFUSED` …); undefined for other errors. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether it is an error of SQLite, as node:sqlite throws it. */
export const isSqliteError = (error: unknown): error is Error & { readonly errcode: unknown } =>
  error instanceof Error && 'errcode' in error;
