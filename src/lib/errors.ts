import { inspect } from 'node:util';

/**
 * What the operator did or configured can't be carried out. The message names the thing, what is
 * wrong with it and what to do: it is shown as it is, without a stack.
 */
export class OperatorError extends Error {
  override name = 'OperatorError';
}

/** One line for a log: the message, then each cause's, without stacks. */
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

/** The code of a system error (`ENOENT`, `ECONNREFUSED` …), if it is one. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
