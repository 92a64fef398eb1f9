import { describeError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';

/** Frames of a stack that a log line shows. */
const framesShown = 6;

/**
 * Takes the errors that no other code took, until it is disposed of. Without it, one of them would end the
 * process, and with it the recording of all cameras.
 *
 * @param onError counts them
 */
export function handleUnexpected(log: Log, onError: () => void): Disposable {
  const gate = new FloodGate(log);
  const handle = (error: unknown): void => {
    onError();
    const cause = describeError(error);
    gate.error(cause, 'an unexpected error; recording goes on. Please report it', {
      cause,
      at: error instanceof Error ? framesOf(error) : undefined,
    });
  };
  process.on('uncaughtException', handle);
  process.on('unhandledRejection', handle);
  return {
    [Symbol.dispose]() {
      process.off('uncaughtException', handle);
      process.off('unhandledRejection', handle);
      gate[Symbol.dispose]();
    },
  };
}

const framesOf = ({ stack = '' }: Error): string =>
  stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, framesShown)
    .map((line) => line.trim())
    .join(', ');
